"""For whom a mailing waits and until when: in the status document, and in the words people read."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from sqlalchemy import update

from cli.figures import waits
from mailings.clock import standing_at
from mailings.db import Database
from mailings.model import Mailing, Recipient
from mailings.reports.figures import status_of
from mailings.transports.memory import Memory
from tests.sending import world
from tests.sending.delivering import portions

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
STALLED = ("désirée@NORD.test", "åse@nord.test", "åse@ijssel.test", "åse@sør.test", "åse@vest.test")


def moved(db: Database, addresses: dict[str, str]) -> None:
    """Give recipients other addresses before anything is sent."""
    with db.writing() as session:
        for old, new in addresses.items():
            session.execute(update(Recipient).where(Recipient.address == old).values(address=new))


def test_the_status_document(any_db: Database, memory: Memory) -> None:
    """How many wait, at which domains most, when the next is tried, and when the last is given up; nobody waiting, no such fields."""
    with standing_at(NOON):
        mailing_id = world.sending(any_db, recipients=9)
        moved(any_db, {f"åse-000{n}@fjord.test": address for n, address in enumerate(STALLED)})
        for n, address in enumerate(STALLED):
            memory.stall(address, after=600.0 + n)
        portions(any_db, run_patience=timedelta(0))
        with any_db.reading() as session:
            document = status_of(session, session.get_one(Mailing, mailing_id))
    assert document["deliveries"]["queued"] == document["waiting"] == 5
    assert document["waiting_at"] == {"nord.test": 2, "ijssel.test": 1, "sør.test": 1}
    assert document["next_attempt"] == "2026-11-21T12:10:00.000+00:00"
    assert document["given_up_by"] == "2026-11-22T12:00:00.000+00:00"


def test_nobody_waits(any_db: Database, memory: Memory) -> None:
    """Where nobody waits nothing is said of it, nor for those a run gave back untouched."""
    mailing_id = world.sending(any_db, recipients=3)
    memory.break_after(1)
    portions(any_db, limit=2)
    with any_db.reading() as session:
        assert not {"waiting", "waiting_at", "given_up_by"} & status_of(session, session.get_one(Mailing, mailing_id)).keys()


def test_as_people_read_it() -> None:
    """Today's times to the second, tomorrow by name, later days with their date; domains as people write them."""
    noon = datetime.combine(datetime.now(UTC).astimezone().date(), time(12))
    here, tomorrow = noon.astimezone(), (noon + timedelta(hours=24, minutes=30)).astimezone()  # by the clock on the wall, summer or winter
    document = {
        "waiting": 1204,
        "waiting_at": {"nord.test": 1200, "xn--sn-lka.test": 3},
        "next_attempt": (here + timedelta(minutes=4, seconds=10)).astimezone(UTC).isoformat(),
        "given_up_by": tomorrow.astimezone(UTC).isoformat(),
    }
    with standing_at(here):
        said = waits(document)
    who = "1,204 to be tried later (1,200 at nord.test, 3 at søn.test, 1 elsewhere)"
    assert said == f"{who}, next at 12:04:10, given up by 12:30 tomorrow"
    with standing_at(here - timedelta(days=2)):
        assert waits(document).endswith(f"given up by {tomorrow:%Y-%m-%d} 12:30")
