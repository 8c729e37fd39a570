"""A mailing's way from draft to sent: every move safe to repeat, and sent only when the books balance."""

from __future__ import annotations

from datetime import timedelta

import pytest

from mailings import clock
from mailings.clock import milliseconds
from mailings.db import Database
from mailings.errors import IllegalMove, Unfinished
from mailings.message import Outcome, Receipt
from mailings.model import Delivery, Mailing, MailingStatus, Recipient, Verdict
from mailings.sending import closing, lifecycle
from mailings.sending.books import books_of, tally_of
from mailings.sending.receipts import Answered, record
from tests.sending import world
from tests.sending.test_claims import fresh, sender
from tests.sending.test_receipts import POLICY


def answer(db: Database, mailing_id: int, *outcomes: Outcome) -> None:
    """Claim as many deliveries as there are outcomes, record these, and end the lease."""
    by = sender(db, mailing_id)
    rows = fresh(db, by, limit=len(outcomes))
    with db.connection() as connection:
        answers = [Answered(Receipt(row.id, outcome), row) for row, outcome in zip(rows, outcomes, strict=True)]
        record(connection, by.lease_id, answers, POLICY, milliseconds())
        connection.exec_driver_sql(f"UPDATE lease SET ended_at = 1 WHERE id = {by.lease_id}")


def close(db: Database, mailing_id: int) -> closing.Ending:
    """Close the mailing as the end of a run does."""
    with db.writing() as session:
        return closing.close(session, session.get_one(Mailing, mailing_id))


def test_only_the_eligible_and_only_once(any_db: Database) -> None:
    """Beginning queues one delivery for each eligible recipient, in list order, and beginning again adds nobody."""
    mailing_id = world.mailing(any_db, recipients=5, status=MailingStatus.POPULATING)
    with any_db.writing() as session:
        world.add_recipients(session, mailing_id, 3, Verdict.NO_CONSENT, "ørjan")
        mailing = session.get_one(Mailing, mailing_id)
        assert lifecycle.begin_sending(session, mailing) == 5
        mailing.status = MailingStatus.POPULATING
        assert lifecycle.begin_sending(session, mailing) == 0
        assert mailing.started_at is not None
    assert world.statuses(any_db, mailing_id) == {"queued": 5}


def test_picking_up(any_db: Database) -> None:
    """A draft and an interrupted populating begin; an interrupted sending goes on; sent stays sent; held and cancelled are refused."""
    mailing_id = world.mailing(any_db)
    with any_db.writing() as session:
        mailing = session.get_one(Mailing, mailing_id)
        assert lifecycle.pick_up(mailing) is lifecycle.pick_up(mailing) is MailingStatus.POPULATING
        lifecycle.refuse(session, mailing)
        lifecycle.schedule(mailing, clock.now() + timedelta(days=1))
        assert lifecycle.pick_up(mailing) is MailingStatus.POPULATING
        lifecycle.begin_sending(session, mailing)
        assert lifecycle.pick_up(mailing) is MailingStatus.SENDING
        lifecycle.pause(mailing, "Nobody answers at port 25.")
        with pytest.raises(IllegalMove, match=r"høst-nytt is paused \(Nobody answers at port 25\.\); .*mailings resume høst-nytt"):
            lifecycle.pick_up(mailing)
        lifecycle.resume(session, mailing)
        assert mailing.held_reason is None
        lifecycle.cancel(session, mailing)
        with pytest.raises(IllegalMove, match="mailings resend høst-nytt --only cancelled"):
            lifecycle.pick_up(mailing)


def test_sent_when_everybody_is_accounted_for(any_db: Database) -> None:
    """With every delivery at its end and every exclusion counted, the mailing is sent, and its sentence names what went wrong."""
    mailing_id = world.sending(any_db, recipients=4)
    with any_db.writing() as session:
        world.add_recipients(session, mailing_id, 2, Verdict.DUPLICATE, "ørjan")
    answer(any_db, mailing_id, Outcome.ACCEPTED, Outcome.ACCEPTED, Outcome.REFUSED, Outcome.UNKNOWN)
    outcome = close(any_db, mailing_id)
    assert outcome.status is world.status(any_db, mailing_id) is MailingStatus.SENT
    assert outcome.sentence == "høst-nytt is finished with errors: 1 failed, 1 in doubt."


def test_not_sent_while_somebody_is_missing(any_db: Database) -> None:
    """A recipient without verdict against it and without delivery keeps the mailing from being called sent."""
    mailing_id = world.sending(any_db, recipients=1)
    with any_db.writing() as session:
        world.add_recipients(session, mailing_id, 1, word="ørjan")
    answer(any_db, mailing_id, Outcome.ACCEPTED)
    with pytest.raises(Unfinished, match="2 recipients, but 1 accounted for"):
        close(any_db, mailing_id)
    assert world.status(any_db, mailing_id) is MailingStatus.SENDING


def test_not_sent_while_one_is_in_flight(any_db: Database) -> None:
    """A delivery in the hands of a living sender keeps the mailing sending (house.md, trap 4)."""
    mailing_id = world.sending(any_db, recipients=1)
    fresh(any_db, sender(any_db, mailing_id))
    assert close(any_db, mailing_id).status is MailingStatus.SENDING


def test_still_sending_while_a_retry_waits(any_db: Database) -> None:
    """A delivery to be tried later keeps the mailing sending, and the sentence says for how many and when."""
    mailing_id = world.sending(any_db, recipients=2)
    answer(any_db, mailing_id, Outcome.ACCEPTED, Outcome.TRY_LATER)
    outcome = close(any_db, mailing_id)
    assert outcome.status is MailingStatus.SENDING
    assert "1 to be tried later, the next at 20" in outcome.sentence


def test_cancelling(any_db: Database) -> None:
    """Cancelling leaves what is sent as it is, and the queued ones cancelled with the reason; the books balance."""
    mailing_id = world.sending(any_db, recipients=5)
    answer(any_db, mailing_id, Outcome.ACCEPTED, Outcome.TRY_LATER)
    with any_db.writing() as session:
        assert lifecycle.cancel(session, session.get_one(Mailing, mailing_id)) == 4
    assert world.statuses(any_db, mailing_id) == {"sent": 1, "cancelled": 4}
    with any_db.reading() as session:
        books = books_of(session, mailing_id)
        assert (books.balanced, books.waiting) == (True, 0)
        assert session.query(Delivery.reason).filter_by(status="cancelled").distinct().all() == [("the mailing was cancelled",)]


def test_each_recipient_once_by_the_latest_delivery(any_db: Database) -> None:
    """A resend replaces the earlier attempt in every figure, tests count nowhere, and an erased recipient is its verdict alone."""
    mailing_id = world.sending(any_db, recipients=3)
    answer(any_db, mailing_id, Outcome.REFUSED, Outcome.ACCEPTED)
    with any_db.writing() as session:
        first, _, third = session.query(Recipient).order_by(Recipient.id).all()
        session.add(Delivery(mailing_id=mailing_id, recipient_id=first.id, status="sent"))
        session.add(Delivery(mailing_id=mailing_id, recipient_id=first.id, status="failed", test=True))
        session.query(Delivery).filter_by(recipient_id=third.id).update({"status": "cancelled"})
        third.verdict, third.erased_at = Verdict.ERASED, clock.now()
    with any_db.reading() as session:
        books = books_of(session, mailing_id)
    assert {status: n for status, n in books.deliveries.items() if n} == {"sent": 2}
    assert books.verdicts == {"eligible": 2, "erased": 1}
    assert books.balanced


def test_a_tally(any_db: Database) -> None:
    """A progress bar's quick look: what is open, and what of it waits until when."""
    mailing_id = world.sending(any_db, recipients=4)
    answer(any_db, mailing_id, Outcome.ACCEPTED, Outcome.TRY_LATER)
    with any_db.reading() as session:
        tally = tally_of(session, "høst-nytt")
    assert (tally.status, tally.total, tally.open, tally.waiting) == ("sending", 4, 3, 1)
    assert tally.next_attempt > milliseconds()


def test_a_template_is_not_started() -> None:
    """A template is refused before its list is made, in the sentence of preflight."""
    with pytest.raises(IllegalMove, match=r"^mal is a template: it is only copied"):
        lifecycle.must_be_startable(Mailing(name="mal", status=MailingStatus.DRAFT, template=True))
