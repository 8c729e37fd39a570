"""A resend that is stopped: what never went out takes nothing away from what did."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select, update

from mailings import clock
from mailings.consent.withdrawing import withdraw
from mailings.db import Database
from mailings.model import Delivery, DeliveryNote, DeliveryStatus, Mailing, MailingStatus
from mailings.reports.figures import report_of, status_of
from mailings.sending import lifecycle
from mailings.sending.doubt.deciding import Decision, send_again
from mailings.settings import Settings
from tests.sending import world
from tests.sending.again import again, finish, lines, of, sent

ENDS = ("sent", "sent", "failed", "bounced", "cancelled")
TWO = "p0@blåbær.test,p1@blåbær.test"


def opened(db: Database) -> int:
    """The mailing, sent to five, of whom the first has opened it; its id."""
    mailing_id = sent(db, *ENDS)
    with db.writing() as session:
        session.execute(update(Delivery).where(Delivery.id == 1).values(opened_at=clock.now()))
    return mailing_id


def told(db: Database, mailing_id: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """The report with its labels, but not the moment it was made; and the books, which balance."""
    with db.reading() as session:
        mailing = session.get_one(Mailing, mailing_id)
        report, status = dict(report_of(session, mailing)), status_of(session, mailing)
    assert status["balanced"]
    return {name: n for name, n in report.items() if name not in ("as_of", "status")}, status["deliveries"]


def stop(db: Database, mailing_id: int) -> int:
    """Stop for good; how many were stopped."""
    with db.writing() as session:
        return lifecycle.cancel(session, session.get_one(Mailing, mailing_id))


def test_as_before_it_was_asked_for(any_db: Database) -> None:
    """Stopped before any went out, figures, labels and books are what they were; the history says it, and a resend works again."""
    mailing_id = opened(any_db)
    before, rows = told(any_db, mailing_id), lines(any_db)
    assert (before[0]["sent"], before[0]["opened"]) == (3, 1)
    assert again(any_db, only=TWO).queued == 2
    assert told(any_db, mailing_id)[1]["queued"] == 2
    assert stop(any_db, mailing_id) == 2
    assert (told(any_db, mailing_id), lines(any_db)) == (before, rows)
    assert world.status(any_db, mailing_id) is MailingStatus.CANCELLED
    with any_db.reading() as session:
        notes = session.execute(select(DeliveryNote.delivery_id, DeliveryNote.what, DeliveryNote.why).order_by(DeliveryNote.id)).all()
    assert notes == [(1, "not_repeated", lifecycle.CANCELLED), (2, "not_repeated", lifecycle.CANCELLED)]
    assert again(any_db, only=TWO).queued == 2
    finish(any_db)
    assert told(any_db, mailing_id)[1] == before[1]


def test_half_of_it_went_out(any_db: Database) -> None:
    """What went out again is the latest, what was tried is what became of it, and only what nobody tried is taken back."""
    mailing_id = opened(any_db)
    again(any_db, only=f"{TWO},failed")
    with any_db.writing() as session:
        session.execute(update(Delivery).where(Delivery.again_of == 1).values(status=DeliveryStatus.SENT, attempts=1))
        session.execute(update(Delivery).where(Delivery.again_of == 2).values(attempts=1, next_attempt_at=clock.now()))
    assert stop(any_db, mailing_id) == 2
    assert lines(any_db)[len(ENDS) :] == [("p0", "sent", "sent"), ("p1", "cancelled", "sent")]
    books = told(any_db, mailing_id)[1]
    assert [books[word] for word in ("sent", "bounced", "failed", "cancelled", "queued")] == [1, 1, 1, 2, 0]


def test_who_says_no_meanwhile(any_db: Database) -> None:
    """Unsubscribed while their repetition waits, a recipient still received the first message; the other's repetition waits on."""
    mailing_id = opened(any_db)
    before = told(any_db, mailing_id)[0]
    again(any_db, only=TWO)
    with any_db.writing() as session:
        withdraw(session, of(session, 0)[0].id, "Unsubscribe page")
    assert lines(any_db)[len(ENDS) :] == [("p1", "queued", "sent")]
    after = told(any_db, mailing_id)[0]
    assert (after["opened"], after["sent"]) == (1, before["sent"] - 1)


def test_out_of_doubt_is_kept(any_db: Database) -> None:
    """A repetition that may have gone out, sent again by a person out of doubt, is never taken back: it becomes cancelled."""
    mailing_id = opened(any_db)
    again(any_db, only="p0@blåbær.test")
    with any_db.writing() as session:
        session.execute(update(Delivery).where(Delivery.again_of == 1).values(status=DeliveryStatus.IN_DOUBT, attempts=1))
        mailing = session.get_one(Mailing, mailing_id)
        assert send_again(session, mailing, Settings(), Decision(DeliveryStatus.QUEUED, "It never came.", "åse")) == (1, 1)
    assert stop(any_db, mailing_id) == 1
    assert lines(any_db)[-1] == ("p0", "cancelled", "sent")


def test_a_first_message_is_cancelled(any_db: Database) -> None:
    """What repeats nothing stays in the books as cancelled: nobody is lost."""
    mailing_id = world.sending(any_db, recipients=3)
    assert stop(any_db, mailing_id) == 3
    assert world.statuses(any_db, mailing_id) == {"cancelled": 3}


def test_what_was_left_waiting_stays_cancelled(any_db: Database) -> None:
    """A killed sender had given one back to the cancelled mailing: sent again to another, it goes to that one alone."""
    mailing_id = sent(any_db, "sent", "failed", "cancelled")
    stop_and_leave = update(Delivery).where(Delivery.id == 3).values(status=DeliveryStatus.QUEUED, attempts=0)
    with any_db.writing() as session:
        session.get_one(Mailing, mailing_id).status = MailingStatus.CANCELLED
        session.execute(stop_and_leave)
    assert again(any_db, only="failed").queued == 1
    assert lines(any_db) == [("p0", "sent", None), ("p1", "failed", None), ("p2", "cancelled", None), ("p1", "queued", "failed")]
