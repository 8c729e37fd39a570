"""What nobody speaks of is decided by the mailing's policy once its time is up; nobody is sent to again on a guess."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from mailings import clock
from mailings.db import Database
from mailings.model import Delivery, Mailing, MailingStatus
from mailings.sending.books import books_of
from mailings.sending.doubt.deciding import POLICY
from mailings.sending.due import due
from tests.sending import world
from tests.sending.doubting import (
    DROP,
    LATER,
    RESEND,
    after,
    come_into_doubt,
    decided,
    in_doubt,
    settled,
    stands,
    status_of,
    told,
)


def test_drop(any_db: Database) -> None:
    """After its time, and not a millisecond before, what nobody spoke of is failed with the reason in_doubt; the rest as evidence says."""
    ids = in_doubt(any_db, 3, in_doubt=DROP)
    told(any_db, ids[0], "sent")
    early = after(any_db, LATER - timedelta(milliseconds=1))
    assert stands(any_db) == ["sent", "in_doubt", "in_doubt"]
    assert (early.left, early.until) == (2, world.START + LATER)
    found = after(any_db, LATER)
    assert stands(any_db) == ["sent", "failed", "failed"]
    assert found.settled == {(POLICY, "failed"): 2}
    assert (found.left, found.until) == (0, None)
    assert decided(any_db) == [(ids[0], "sent", "postfix log"), (ids[1], "failed", POLICY), (ids[2], "failed", POLICY)]
    with any_db.reading() as session:
        reason = session.get_one(Delivery, ids[1]).reason
        assert reason == "in_doubt: nothing was heard of it in 72 hours, and the mailing's policy is drop"
    assert status_of(any_db) is MailingStatus.SENT


def test_the_time_counts_from_the_last_doubt(any_db: Database) -> None:
    """A message that came into doubt a second time waits its whole time again; one without a line of history from its claim."""
    one, other = in_doubt(any_db, 2, in_doubt=DROP)
    with any_db.writing() as session:
        come_into_doubt(session, [one], timedelta(hours=10))
        session.query(Delivery).filter_by(id=other).update({"claimed_at": world.START + timedelta(hours=20)})
        session.execute(
            Delivery.metadata.tables["delivery_note"].delete().where(Delivery.metadata.tables["delivery_note"].c.delivery_id == other)
        )
    assert after(any_db, LATER).until == world.START + LATER + timedelta(hours=10)
    after(any_db, LATER + timedelta(hours=10))
    assert stands(any_db) == ["failed", "in_doubt"]
    after(any_db, LATER + timedelta(hours=20))
    assert stands(any_db) == ["failed", "failed"]


def test_without_a_policy(any_db: Database) -> None:
    """Where no policy is declared everything is left for a person, however long it takes."""
    in_doubt(any_db, 2)
    found = after(any_db, timedelta(days=1000))
    assert (found.left, found.until, dict(found.settled)) == (2, None, {})


def test_evidence_that_cannot_be_read_holds_the_policy(any_db: Database) -> None:
    """While a source of evidence is out of order nothing is given up and nothing sent again; what is known is settled."""
    ids = in_doubt(any_db, 2, in_doubt=RESEND)
    told(any_db, ids[0], "sent")
    after(any_db, 2 * LATER, policy=False)
    assert stands(any_db) == ["sent", "in_doubt"]


def test_resend(any_db: Database) -> None:
    """What nobody spoke of is queued again, due at once; the mailing is opened for it, and is due for whoever looks for work."""
    ids = in_doubt(any_db, 3, in_doubt=RESEND)
    told(any_db, ids[0], "bounced")
    with clock.standing_at(world.START + LATER):
        found = settled(any_db)
        with any_db.reading() as session:
            again = session.get_one(Delivery, ids[1])
            assert (again.attempts, again.claimed_at, again.next_attempt_at) == (0, None, world.START + LATER)
            assert [one.why for one in due(session)] == ["a retry is due"]
            assert books_of(session, again.mailing_id).balanced
    assert stands(any_db) == ["bounced", "queued", "queued"]
    assert (found.queued, found.status) == (2, MailingStatus.SENDING)
    with any_db.reading() as session:
        assert session.scalars(select(Mailing.finished_at)).one() is None


def test_resend_only_once(any_db: Database) -> None:
    """A message that comes into doubt again after the policy sent it again is left for a person."""
    (one,) = in_doubt(any_db, 1, in_doubt=RESEND)
    after(any_db, LATER)
    with any_db.writing() as session:
        come_into_doubt(session, [one], LATER)
    found = after(any_db, 10 * LATER)
    assert stands(any_db) == ["in_doubt"]
    assert (found.left, found.until) == (1, None)


@pytest.mark.parametrize(
    ("status", "becomes", "leads"),
    [("cancelled", "cancelled", "cancelled"), ("paused", "queued", "paused"), ("sending", "queued", "sending")],
)
def test_a_mailing_somebody_stopped(any_db: Database, status: str, becomes: str, leads: str) -> None:
    """A policy does not begin again what a person cancelled, a paused mailing stays paused, and a running one takes it up."""
    in_doubt(any_db, 1, MailingStatus(status), in_doubt=RESEND)
    after(any_db, LATER)
    assert stands(any_db) == [becomes]
    assert status_of(any_db) == leads
