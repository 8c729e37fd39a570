"""What clicks made is told to Prefect as events, each under one id however often it is told."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

import pytest
from prefect.client.orchestration import get_client
from prefect.settings import PREFECT_API_URL, temporary_settings
from sqlalchemy import select, update

from flows.start_due_mailings import start_due_mailings
from mailings.clock import now
from mailings.db import Database
from mailings.errors import Unreachable
from mailings.model import Outbox
from mailings.settings import Settings
from mailings.tracking.outbox import told, untold
from tasks.outbox import event_of, tell_others

pytestmark = [pytest.mark.prefect, pytest.mark.xdist_group("prefect"), pytest.mark.usefixtures("prefect_server")]


def written(db: Database, subject: int) -> int:
    """A follow-up in the outbox; the row's id."""
    with db.writing() as session:
        row = Outbox(what="follow_up", subject_id=subject, payload={"id": subject, "description": "Ring Åse"}, created_at=now())
        session.add(row)
        session.flush()
        return row.id


def heard(subject: int) -> list[dict[str, Any]]:
    """The events the server has of that follow-up; it writes them down every few seconds."""
    wanted = {"filter": {"resource": {"id": [f"mailings.follow-up.{subject}"]}}, "limit": 10}
    deadline = time.monotonic() + 120
    with get_client(sync_client=True) as client:
        while time.monotonic() < deadline:
            found = client._client.post("/events/filter", json=wanted).json()["events"]
            if found:
                return list(found)
            time.sleep(0.5)
    return []


def test_told_once_under_one_id(configured: Settings, db: Database) -> None:
    """The minute's flow tells a row once; told again after a crash, the server has one event all the same."""
    row = written(db, 71)
    assert start_due_mailings() == []
    with db.reading() as session:
        assert untold(session) == []
        made = event_of(session.get_one(Outbox, row))
    (event,) = heard(71)
    assert (event["id"], event["event"]) == (str(made.id), "mailings.follow-up.created")
    assert event["payload"] == {"id": 71, "description": "Ring Åse"}
    with db.writing() as session:
        session.execute(update(Outbox).values(told_at=None))  # as if the run had died before it marked the row
    assert (tell_others(), tell_others()) == (1, 0)
    time.sleep(6)  # the server writes events down every five seconds
    assert [one["id"] for one in heard(71)] == [str(made.id)]


def test_a_server_that_is_away(configured: Settings, db: Database) -> None:
    """Where Prefect takes no events nothing is marked, and the trouble is one sentence."""
    written(db, 72)
    with temporary_settings({PREFECT_API_URL: "http://127.0.0.1:1/api"}), pytest.raises(Unreachable, match="takes no events"):
        tell_others.fn()
    with db.reading() as session:
        assert len(untold(session)) == 1


def test_ids(any_db: Database) -> None:
    """Rows are told in their order, in portions, and marked once; a row's event has the same id always, and no other row has it."""
    moment = datetime(2026, 11, 21, 9, tzinfo=UTC)
    with any_db.writing() as session:
        session.add_all(Outbox(what="request", subject_id=number, payload={}, created_at=moment) for number in range(5))
        session.flush()
        rows = untold(session, 3)
        assert [row.subject_id for row in rows] == [0, 1, 2]
        told(session, [row.id for row in rows])
        assert [row.subject_id for row in untold(session, 3)] == [3, 4]
        ids = [event_of(row).id for row in session.scalars(select(Outbox))]
        assert len(set(ids)) == 5
        assert ids == [event_of(row).id for row in session.scalars(select(Outbox))]
