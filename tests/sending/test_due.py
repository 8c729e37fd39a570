"""What is picked up by itself: whatever waits for nobody, and nothing that somebody is at work on."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import update

from mailings import clock
from mailings.db import Database
from mailings.model import Delivery, DeliveryStatus, LeaseRole, Mailing, MailingStatus
from mailings.sending import leases
from mailings.sending.due import COPIED, due
from tests.sending import world

HOUR = timedelta(hours=1)


def found(db: Database) -> dict[str, str]:
    """The mailings that are due, with why, in order."""
    with db.reading() as session:
        return {mailing.name: mailing.why for mailing in due(session)}


def change(db: Database, mailing_id: int, **values: object) -> None:
    """Set columns of all deliveries of the mailing."""
    with db.writing() as session:
        session.execute(update(Delivery).where(Delivery.mailing_id == mailing_id).values(**values))


def lease(db: Database, mailing_id: int, role: LeaseRole = LeaseRole.CONDUCTOR) -> None:
    """This living process takes a lease."""
    with db.writing() as session:
        leases.take(session, session.get_one(Mailing, mailing_id), role)


def test_scheduled(any_db: Database) -> None:
    """A mailing whose time has come is due, the one that waits longest first; one whose time is to come is not."""
    for name, hours in (("late-høst", -1), ("early-høst", -5), ("coming", 2)):
        world.mailing(any_db, name, status=MailingStatus.SCHEDULED, scheduled_at=world.START + hours * HOUR)
    with clock.standing_at(world.START):
        assert list(found(any_db)) == ["early-høst", "late-høst"]
    with clock.standing_at(world.START + 3 * HOUR):
        assert list(found(any_db)) == ["early-høst", "late-høst", "coming"]


def test_the_run_that_copied_it_goes_first(any_db: Database) -> None:
    """The copy a recurring mailing's run has just made is that run's to send; it is due once that run has had its time."""
    facts = {"status": MailingStatus.SCHEDULED, "scheduled_at": world.START, "occasion": "2026-11-21", "recurs_from": 1}
    world.mailing(any_db, "høst-2026-11-21", **facts)
    with any_db.writing() as session:
        session.execute(update(Mailing).values(created_at=world.START))
    with clock.standing_at(world.START + COPIED / 2):
        assert found(any_db) == {}
    with clock.standing_at(world.START + COPIED):
        assert list(found(any_db)) == ["høst-2026-11-21"]


def test_only_what_is_begun(any_db: Database) -> None:
    """Drafts, paused, sent and cancelled mailings are nobody's to start."""
    for status in (MailingStatus.DRAFT, MailingStatus.PAUSED, MailingStatus.SENT, MailingStatus.CANCELLED):
        world.mailing(any_db, f"is-{status}", status=status, scheduled_at=world.START)
    assert found(any_db) == {}


def test_an_interrupted_list(any_db: Database) -> None:
    """A run that died while it made the list is followed by another; while one lives, it is left alone."""
    mailing_id = world.mailing(any_db, status=MailingStatus.POPULATING)
    assert list(found(any_db)) == ["høst-nytt"]
    lease(any_db, mailing_id)
    assert found(any_db) == {}


def test_left_before_everybody_was_served(any_db: Database) -> None:
    """Queued messages without a living run are due, also when others of the mailing wait for a later try."""
    mailing_id = world.sending(any_db, recipients=3)
    with any_db.writing() as session:
        first = session.query(Delivery).filter_by(mailing_id=mailing_id).first()
        assert first
        first.next_attempt_at = clock.now() + HOUR
    assert found(any_db) == {"høst-nytt": "its run stopped before everybody was served"}


def test_at_work(any_db: Database) -> None:
    """A mailing with a live conductor, or with a live sender, is left alone."""
    for name, role in (("conducted", LeaseRole.CONDUCTOR), ("delivered", LeaseRole.SENDER)):
        lease(any_db, world.sending(any_db, name), role)
    assert found(any_db) == {}


def test_waiting(any_db: Database) -> None:
    """A mailing that only waits for a retry is due when the first of them is, and not before."""
    mailing_id = world.sending(any_db)
    with clock.standing_at(world.START):
        change(any_db, mailing_id, next_attempt_at=world.START + HOUR)
        assert found(any_db) == {}
    with clock.standing_at(world.START + HOUR):
        assert found(any_db) == {"høst-nytt": "a retry is due"}


def test_died_in_the_middle(any_db: Database) -> None:
    """Messages in the hands of a dead sender are due: they must be called in doubt."""
    mailing_id = world.sending(any_db)
    change(any_db, mailing_id, status=DeliveryStatus.SENDING)
    assert found(any_db) == {"høst-nytt": "its run stopped in the middle of a message"}


def test_books_not_closed(any_db: Database) -> None:
    """A mailing whose run died after the last message is due: its books must be closed."""
    mailing_id = world.sending(any_db)
    change(any_db, mailing_id, status=DeliveryStatus.SENT)
    assert found(any_db) == {"høst-nytt": "everybody is served and the books are not closed"}


def test_tests_do_not_count(any_db: Database) -> None:
    """A test message that is still queued makes no mailing due on its account (D11)."""
    mailing_id = world.sending(any_db, recipients=1)
    with clock.standing_at(world.START):
        change(any_db, mailing_id, next_attempt_at=world.START + HOUR)
        with any_db.writing() as session:
            session.add(Delivery(mailing_id=mailing_id, test=True, address="prøve@fjord.test"))
        assert found(any_db) == {}
