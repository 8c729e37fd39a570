"""Every night somebody's days are over: they are erased for good, what was kept long enough goes; a kill leaves nothing half done."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from flows.erase_expired import erase_expired
from mailings import clock
from mailings.db import Database
from mailings.model import Address, AuditEntry, Delivery, DeliveryStatus, Event, Mailing, Person, Recipient
from mailings.people.deleting import delete
from mailings.people.expiring import erase_overdue
from mailings.reported import EventKind
from mailings.reports.figures import report_of
from mailings.settings import Settings, settings
from mailings.staff import auditing
from tests.consent.waiting import a_mailing, a_person, queue
from tests.dying import killed
from tests.tracking.visiting import click, record, visit

NOW = datetime(2026, 11, 20, 2, 23, tzinfo=UTC)
LONG_AGO = NOW - timedelta(days=100)
ERASING = f"""
from datetime import datetime
from mailings import clock
from mailings.people.expiring import erase_overdue
with clock.standing_at(datetime.fromisoformat("{NOW.isoformat()}")):
    while True:
        with database.writing() as session:
            if not erase_overdue(session, 14, portion=2):
                break
"""


def _deleted(db: Database, people: int = 5) -> list[int]:
    """People who were deleted fifteen days ago, each with a message that was sent; one more was deleted yesterday. Deliveries."""
    with db.writing() as session:
        news, made = a_mailing(session, "høst-nytt"), []
        for number in range(people):
            with clock.standing_at(NOW - timedelta(days=15)):
                person = a_person(session, f"p{number}@fjørd.test", name=f"Désirée {number}")
                made.append(queue(session, news, person, DeliveryStatus.SENT))
                delete(session, person, 14)
        with clock.standing_at(NOW - timedelta(days=1)):
            delete(session, a_person(session, "ny@fjord.test"), 14)
        return [one.id for one in made]


def _left(db: Database) -> tuple[int, int, int, int]:
    """People, addresses, recipients without a name, and recipients at all."""
    with db.reading() as session:
        counts = [select(func.count()).select_from(table) for table in (Person, Address)]
        nameless = select(func.count()).where(Recipient.erased_at.is_not(None))
        people, addresses, blank, whole = (session.scalar(one) or 0 for one in (*counts, nameless, select(func.count(Recipient.id))))
        return people, addresses, blank, whole


def erase_portion(db: Database) -> int:
    """Erase for good two of those whose time is over; how many it was."""
    with db.writing() as session:
        return erase_overdue(session, 14, portion=2)


@pytest.mark.parametrize(
    ("side", "commits", "erased"), [("before", 1, 0), ("after", 1, 2), ("before", 2, 2), ("after", 2, 4), ("after", 3, 5)]
)
def test_killed_and_run_again(any_db: Database, side: str, commits: int, erased: int) -> None:
    """Killed around any of its commits, whole people are gone or whole people are there; run again the rest goes, each once."""
    _deleted(any_db)
    killed(any_db, ERASING, "COMMIT", side, commits)
    assert _left(any_db) == (6 - erased, 6 - erased, erased, 5)
    with clock.standing_at(NOW):
        while erase_portion(any_db):
            pass
    assert _left(any_db) == (1, 1, 5, 5)


@pytest.mark.prefect
@pytest.mark.xdist_group("prefect")
@pytest.mark.usefixtures("prefect_server")
def test_a_night(configured: Settings, db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """The flow does all of it as the settings say; figures tell the same afterwards, and a second run has nothing to do."""
    monkeypatch.setenv("MAILINGS_EVENTS_KEPT_DAYS", "90")
    monkeypatch.setenv("MAILINGS_AUDIT_KEPT_DAYS", "90")
    settings.cache_clear()
    ids = _deleted(db)
    with clock.standing_at(LONG_AGO):
        with db.writing() as session:
            auditing.record(session, "åse", "pause", "mailing høst-nytt")
            for row in session.scalars(select(Delivery)):
                row.sent_at = LONG_AGO - timedelta(days=1)
        record(db, *(visit(one, at=LONG_AGO) for one in ids), click(ids[0], None, at=LONG_AGO, url="https://fjord.test/"))
    told = _figures(db)
    assert (told["opened"], told["clicked"]) == (5, 1)
    with clock.standing_at(NOW):
        assert erase_expired() == [
            "5 people erased for good.", "6 visits and reports deleted.", "1 ended sign-ins, uploads and lines of the log deleted."
        ]  # fmt: skip
        assert erase_expired() == []
    assert _left(db) == (1, 1, 5, 5)
    with db.reading() as session:
        assert session.scalar(select(func.count()).select_from(Event).where(Event.kind == EventKind.OPENED)) == 0
        assert session.scalar(select(func.count()).select_from(AuditEntry)) == 0
        assert session.scalars(select(Delivery.opened_at)).all() == [LONG_AGO] * 5
    assert _figures(db) == told


def _figures(db: Database) -> dict[str, object]:
    """The figures that must not move."""
    with db.writing() as session:
        document = report_of(session, session.scalars(select(Mailing)).one())
    return {name: document[name] for name in ("sent", "delivered", "opened", "clicked", "clicks", "open_rate", "click_rate")}
