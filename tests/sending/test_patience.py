"""Temporary trouble: each recipient waits a time of its own, growing, and kept in the database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from sqlalchemy import text

from mailings.clock import milliseconds, standing_at
from mailings.db import Database
from mailings.transports.memory import Memory
from tests.sending import world
from tests.sending.delivering import portions


def waiting(db: Database) -> dict[str, tuple[str, float]]:
    """Who waits: the address's number, the code, and seconds until the next attempt."""
    asked = (
        "SELECT recipient.address, delivery.code, next_attempt_at FROM delivery JOIN recipient ON recipient.id = recipient_id"
        " WHERE delivery.status = 'queued'"
    )
    with db.reading() as session:
        return {row[0][4:8]: (row[1], (row[2] - milliseconds()) / 1000) for row in session.execute(text(asked))}


def test_retry_after(any_db: Database, memory: Memory) -> None:
    """429 with Retry-After: nobody comes earlier than asked, and the wait is in the database, not in the process."""
    world.sending(any_db, recipients=3)
    memory.stall("åse-0001@fjord.test", after=1800, code="429", reason="Too Many Requests")
    begun = milliseconds()
    portions(any_db)
    (found,) = waiting(any_db).values()
    assert found[0] == "429"
    assert 1800 - (milliseconds() - begun) / 1000 <= found[1] <= 1800


def test_another_process_goes_on_with_the_waits(any_db: Database, memory: Memory) -> None:
    """Who waits outlives the run: one that comes too early touches nobody, one that comes in time sends."""
    begun = datetime.now(UTC)
    mailing_id = world.sending(any_db, recipients=5)
    memory.stall("åse-0002@fjord.test", after=3600)
    portions(any_db)
    memory.accept("åse-0002@fjord.test")
    with standing_at(begun + timedelta(minutes=50)):
        portions(any_db)
        assert world.statuses(any_db, mailing_id) == {"sent": 4, "queued": 1}
    with standing_at(begun + timedelta(minutes=61)):
        portions(any_db)
    assert world.statuses(any_db, mailing_id) == {"sent": 5}


def test_a_whole_day_of_no(any_db: Database, memory: Memory) -> None:
    """Asked to wait again and again, a delivery is tried at growing distances for 24 hours, never longer, and then failed."""
    mailing_id = world.sending(any_db, recipients=1)
    memory.stall("åse-0000@fjord.test")
    moment = begun = datetime(2026, 11, 21, 9, tzinfo=UTC)
    tried: list[datetime] = []
    while world.statuses(any_db, mailing_id) == {"queued": 1}:
        with standing_at(moment):
            tried.append(moment)
            due = portions(any_db, run_patience=timedelta(0))[-1].next_due
            moment = due or moment
    assert world.statuses(any_db, mailing_id) == {"failed": 1}
    distances = [later - earlier for earlier, later in pairwise(tried)]
    assert distances[:8] == sorted(distances[:8])
    assert 10 <= len(tried) <= 15
    assert timedelta(hours=19) <= tried[-1] - begun <= timedelta(hours=24)
    assert f"given up after {len(tried)} attempts in 24 hours: Try again later" in world.notes(any_db)[-1][2]
