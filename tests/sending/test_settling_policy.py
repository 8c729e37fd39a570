"""What nobody speaks of is decided by the mailing's policy once its time is up, or by a person; nobody is sent to twice on a guess."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from mailings import clock
from mailings.consent.giving import give
from mailings.consent.standing import block_address, complain
from mailings.consent.withdrawing import withdraw
from mailings.db import Database
from mailings.model import Basis, Delivery, DeliveryStatus, Mailing, MailingStatus, Person, Recipient
from mailings.sending.books import books_of
from mailings.sending.deciding import POLICY
from mailings.sending.due import due
from mailings.sending.settling import Settled, settle_as
from mailings.settings import Settings
from tests.sending import world
from tests.sending.doubting import come_into_doubt, decided, in_doubt, settled, stands, told

LATER = timedelta(hours=72)
DROP = {"policy": "drop", "after_s": 72 * 3600}
RESEND = {"policy": "resend", "after_s": 72 * 3600}


def after(db: Database, waited: timedelta, **how: object) -> Settled:
    """Settle so long after everything came into doubt."""
    with clock.standing_at(world.START + waited):
        return settled(db, **how)


def status_of(db: Database) -> MailingStatus:
    """Where the mailing stands."""
    with db.reading() as session:
        return session.scalars(select(Mailing.status)).one()


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


@pytest.mark.parametrize("how", ["erased", "blocked", "complained", "withdrew"])
@pytest.mark.parametrize("by", ["policy", "person"])
def test_who_may_not_get_it_any_more(any_db: Database, how: str, by: str) -> None:
    """Who was erased or blocked, complained or withdrew while the message was in doubt does not get it a second time (D10)."""
    ids = in_doubt(any_db, 2, in_doubt=RESEND)
    with any_db.writing() as session:
        recipient = session.get_one(Recipient, session.get_one(Delivery, ids[0]).recipient_id)
        person = Person(name="Åse Ødegård", created_at=clock.now())
        session.add(person)
        session.flush()
        recipient.person_id = person.id
        give(session, person.id, Basis.CONSENT, "User")
        if how == "erased":
            recipient.erased_at = clock.now()
        elif how == "blocked":
            block_address(session, str(recipient.address), "no such mailbox")
        elif how == "complained":
            complain(session, str(recipient.address))
        else:
            withdraw(session, person.id, "Unsubscribe page")
    found = after(any_db, LATER) if by == "policy" else asked(any_db, DeliveryStatus.QUEUED)
    assert stands(any_db) == ["cancelled", "queued"]
    assert found.queued == 1
    with any_db.reading() as session:
        assert session.get_one(Delivery, ids[0]).reason == "The person or the address said no while the message waited."


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


def asked(db: Database, status: DeliveryStatus) -> Settled:
    """A person decides."""
    with db.writing() as session:
        return settle_as(session, session.scalars(select(Mailing)).one(), Settings(), status, "kari")


@pytest.mark.parametrize("status", ["sent", "queued", "failed"])
def test_a_person_decides(any_db: Database, status: str) -> None:
    """A person settles all that is in doubt at once, named in the history; what evidence tells goes before."""
    ids = in_doubt(any_db, 3, in_doubt=DROP)
    told(any_db, ids[1], "bounced")
    found = asked(any_db, DeliveryStatus(status))
    assert stands(any_db) == [status, "bounced", status]
    assert found.settled == {("kari", status): 2, ("postfix log", "bounced"): 1}
    assert decided(any_db) == [(ids[0], status, "kari"), (ids[1], "bounced", "postfix log"), (ids[2], status, "kari")]
    assert status_of(any_db) == ("sending" if status == "queued" else "sent")
    assert asked(any_db, DeliveryStatus(status)).settled == {}


def test_only_the_latest_message_is_sent_again(any_db: Database) -> None:
    """Where a recipient was sent to again already, the earlier message is settled by evidence, never by policy or a second sending."""
    one, other = in_doubt(any_db, 2, in_doubt=RESEND)
    with any_db.writing() as session:
        first = session.get_one(Delivery, one)
        session.add(Delivery(mailing_id=first.mailing_id, recipient_id=first.recipient_id, status=DeliveryStatus.SENT, again_of=one))
    after(any_db, LATER)
    assert stands(any_db) == ["in_doubt", "queued", "sent"]
    asked(any_db, DeliveryStatus.QUEUED)
    assert stands(any_db) == ["in_doubt", "queued", "sent"]
    told(any_db, one, "sent")
    settled(any_db)
    assert stands(any_db) == ["sent", "queued", "sent"]
    assert other


def test_tests_are_outside(any_db: Database) -> None:
    """Test messages are settled by nobody: they count nowhere (domain.md D11)."""
    (one,) = in_doubt(any_db, 1, in_doubt=DROP)
    with any_db.writing() as session:
        session.get_one(Delivery, one).test = True
    told(any_db, one, "sent")
    after(any_db, LATER)
    assert stands(any_db) == ["in_doubt"]
