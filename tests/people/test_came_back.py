"""What came back from a person is shown to them whole, and loses them when they are erased (domain.md D30, F.4)."""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import event as sql
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from mailings import clock
from mailings.db import Database
from mailings.model import (
    AddressStanding,
    Base,
    Delivery,
    DeliveryStatus,
    Errand,
    Event,
    EventReading,
    FollowUp,
    Mailing,
    Outbox,
    Person,
    Request,
)
from mailings.people.erasing import erase
from mailings.people.showing import show
from mailings.settings import Settings
from tests.cli.typed import run
from tests.consent.waiting import a_mailing, a_person, queue
from tests.people.returned import AGENT, everything_back

AT = datetime(2026, 10, 1, 12, 0, tzinfo=UTC)
MOMENT = "2026-10-01T12:00:00.000+00:00"
#: columns by which a row is somebody's; a new table with one of them must be shown, and be thought of by erasing
LEADS = {"person_id", "recipient_id", "delivery_id", "event_id", "address", "normal", "subject_id"}


def returned(session: Session) -> tuple[Person, Delivery, list[Event]]:
    """A person with one message, and everything that can come back from it."""
    person = a_person(session, "ase@uniq.test", "ase2@uniq.test", name="Åse Uniqueson")
    mailing = a_mailing(session, "høst-nytt")
    delivery = queue(session, mailing, person, DeliveryStatus.SENT)
    delivery.opened_at = delivery.clicked_at = AT
    return person, delivery, everything_back(session, mailing, delivery, person)


def test_it_is_shown(any_db: Database) -> None:
    """Visits with their links, agents and networks, reports as they came, errands with what was done, follow-ups and requests."""
    with clock.standing_at(AT), any_db.writing() as session:
        person, _, _ = returned(session)
        held = orjson.loads(orjson.dumps(show(session, person)))
    visit = {"at": MOMENT, "mailing": "høst-nytt", "agent": AGENT}
    assert held["visits"] == [
        {**visit, "kind": "opened", "method": "HEAD", "network": "203.0.113.0/24", "machine": "head"},
        {**visit, "kind": "clicked", "url": "https://fjord.test/tilbud"},
        {**visit, "kind": "clicked", "url": "https://fjord.test/?e=uniq"},
    ]
    bounce = {"at": MOMENT, "source": "sendgrid", "address": "ase@uniq.test", "reason": "550 <uniq> unknown"}
    bounce["original"] = {"email": "uniq", "event": "bounce"}  # type: ignore[assignment]
    assert held["reports"] == [
        {**bounce, "kind": "bounced", "mailing": "høst-nytt", "code": "550", "bounce": "hard", "provider_key": "uniq-1"},
        {**bounce, "kind": "dropped"},
    ]
    assert [errand.get("outcome") for errand in held["errands"]] == ["Uniq: made a to-do.", None]
    (follow_up,) = held["follow_ups"]
    assert (follow_up["description"], follow_up["project"], follow_up["assigned_to"]) == ("Ring Uniq", "Messe 2026", "Kari")
    assert [(one["title"], one["owner"]) for one in held["requests"]] == [("Katalog til Uniq", "Kari")]


def test_it_loses_the_person(any_db: Database) -> None:
    """After erasing, events are there with kind, time and link, readings and stamps too; agent, network, address and words are not."""
    with any_db.writing() as session:
        person, delivery, events = returned(session)
        before = _counted(session)
        erase(session, person.id)
        assert _counted(session) == before
        cells = repr([session.execute(text(f'SELECT * FROM "{name}"')).all() for name in Base.metadata.tables]).lower()
        assert "uniq" not in cells
        assert [(one.kind, one.delivery_id) for one in events] == [
            ("opened", delivery.id), ("clicked", delivery.id), ("clicked", delivery.id), ("bounced", delivery.id), ("dropped", None),
        ]  # fmt: skip
        assert (events[3].code, events[3].content_key, events[1].link) == ("550", "digest", 1)
        assert [session.scalar(select(func.count()).select_from(gone)) for gone in (FollowUp, Request, Outbox)] == [0, 0, 0]
        assert session.scalars(select(Errand.id).where(Errand.done_at.is_(None))).all() == []
        assert (delivery.opened_at, delivery.clicked_at) == (AT, AT)


def _counted(session: Session) -> list[Any]:
    """Events by kind, and how each was read: what figures are made of."""
    kinds = select(Event.kind, func.count()).group_by(Event.kind).order_by(Event.kind)
    readings = select(EventReading.event_id, EventReading.machine, EventReading.first).order_by(EventReading.event_id)
    return [*session.execute(kinds), *session.execute(readings)]


def test_others_keep_theirs(any_db: Database) -> None:
    """Of somebody else nothing is taken: neither events, nor what they set going."""
    with any_db.writing() as session:
        person, delivery, events = returned(session)
        other = a_person(session, "bo@x.test", name="Bo")
        queue(session, session.get_one(Mailing, delivery.mailing_id), other, DeliveryStatus.SENT)
        erase(session, other.id)
        assert [one.agent for one in events[:3]] == [AGENT] * 3
        assert session.scalar(select(func.count()).select_from(Outbox)) == 2
        assert len(show(session, person)["follow_ups"]) == 1


def test_every_table_that_leads_to_somebody_is_read(db: Database) -> None:
    """Showing a person reads every table that has a column by which its rows are somebody's, but for those that name nobody."""
    read: list[str] = []
    sql.listen(db.engine, "before_cursor_execute", lambda _c, _k, statement, *_: read.append(statement))
    with db.writing() as session:
        person, _, _ = returned(session)
        read.clear()
        show(session, person)
    asked = " ".join(read)
    tables = [table.name for table in Base.metadata.tables.values() if LEADS & set(table.columns.keys())]
    assert {name for name in tables if not re.search(rf"(FROM|JOIN) {name}\b", asked)} == {"outbox", "approved_recipient"}
    assert {"event", "event_reading", "errand", "follow_up", "request", "delivery", "recipient", "imported_row"} <= set(tables)


def test_the_screen_tells_it(configured: Settings, db: Database) -> None:
    """`mailings people show` has a table for visits, reports, what clicks set going, follow-ups and requests."""
    with db.writing() as session:
        returned(session)
        session.add(AddressStanding(normal="ase2@uniq.test", unsubscribed_at=clock.now()))
    said = run(Path.cwd(), ("people", "show", "ase@uniq.test"), os.environ | {"COLUMNS": "250"}).stdout
    for words in (
        "Visits",
        "a machine",
        "Reports of providers",
        "550 <uniq> unknown",
        "made a to-do",
        "Ring Uniq",
        "Katalog til Uniq",
        "unsubscribed",
    ):
        assert words in said
