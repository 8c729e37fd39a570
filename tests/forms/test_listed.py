"""The list of forms says of each how it stands, how many were sent and are done, and when the last one came (J.6)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from mailings import clock
from mailings.db import Database
from mailings.forms.listing import listed
from tests.consent.waiting import a_person
from tests.forms.sent import ASE, pushed, send

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
PLAIN = "- {kind: name}\n- {kind: email}"


def test_how_it_stands_and_when_the_last_one_came(any_db: Database, tmp_path: Path) -> None:
    """Of two submissions one waits and one is done; the later is the last, whatever became of it; two are the maximum, so it is full."""
    with any_db.writing() as session:
        a_person(session, "ase@fjord.test")
    pushed(any_db, tmp_path, PLAIN, mode="known", max_submissions=2)
    with any_db.reading() as session:
        (empty,) = listed(session)
    with clock.standing_at(NOON):
        send(any_db, ASE | {"email": ["desiree@ijssel.test"]})
    with clock.standing_at(NOON + timedelta(hours=3)):
        send(any_db)
    with any_db.reading() as session:
        (full,) = listed(session)
        told = full.told()
    assert (empty.standing, empty.total, empty.last) == ("open", 0, None)
    assert (full.standing, full.total, full.last) == ("full", 2, NOON + timedelta(hours=3))
    assert told["last"] == "2026-11-22T15:00:00+00:00"
    assert told["submissions"] == {"total": 2, "unconfirmed": 0, "submitted": 1, "processed": 1, "failed": 0}
