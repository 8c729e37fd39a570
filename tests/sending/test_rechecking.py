"""A no is in force at once: for what waits for another attempt, and in the moment before anything is queued."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from mailings import clock
from mailings.audience.populate import populate
from mailings.clock import milliseconds
from mailings.consent.giving import give
from mailings.consent.standing import block_address, complain
from mailings.consent.withdrawing import opt_out, withdraw
from mailings.db import Database
from mailings.message import Outcome, Receipt
from mailings.model import Address, Basis, Delivery, Mailing, MailingStatus, Person, Recipient, Source, SourceKind, Topic, Verdict
from mailings.reported import BounceKind, EventKind
from mailings.seams import Seam, unwatch, watch
from mailings.sending import lifecycle
from mailings.sending.receipts import Answered, record
from mailings.sending.rechecking import SKEW, cancel_forbidden, judge_again
from mailings.settings import Settings
from tests.sending import world
from tests.sending.test_claims import fresh, sender
from tests.sending.test_receipts import POLICY
from tests.tracking.told import heard, said


def person(session: Session, mailing_id: int, name: str) -> tuple[int, int]:
    """A person with consent who is an eligible recipient; ids of person and recipient."""
    normal = f"{name}@fjord.test"
    made = Person(name=name, created_at=clock.now(), addresses=[Address(written=normal, normal=normal, valid=True)])
    session.add(made)
    session.flush()
    give(session, made.id, Basis.CONSENT, "User")
    source = Source(mailing_id=mailing_id, position=made.id, kind=SourceKind.PERSON, label=normal, person_id=made.id)
    session.add(source)
    session.flush()
    recipient = Recipient(mailing_id=mailing_id, person_id=made.id, address=normal, source_id=source.id)
    session.add(recipient)
    session.flush()
    return made.id, recipient.id


def says_no(session: Session, how: str, person_id: int, topic_id: int) -> None:
    """One of the ways to say no."""
    if how == "withdraws":
        withdraw(session, person_id, "Unsubscribe page")
    elif how == "opts out":
        opt_out(session, person_id, topic_id, "Unsubscribe page")
    elif how == "complains":
        complain(session, "ørjan@fjord.test")
    else:
        block_address(session, "ørjan@fjord.test", "a person did")


@pytest.mark.parametrize("how", ["withdraws", "opts out", "complains", "is blocked"])
def test_while_a_message_is_in_hand(any_db: Database, how: str) -> None:
    """Who says no while the message is being handed over, and is to be tried later, is not tried again."""
    mailing_id = world.mailing(any_db, recipients=1, status=MailingStatus.POPULATING)
    with any_db.writing() as session:
        topic = Topic(name="News")
        session.add(topic)
        session.flush()
        topic_id = topic.id
        session.get_one(Mailing, mailing_id).topic_id = topic_id
        person_id, recipient_id = person(session, mailing_id, "ørjan")
    with any_db.writing() as session:
        mailing = session.get_one(Mailing, mailing_id)
        mailing.populated_at = clock.now() + 2 * SKEW
        lifecycle.begin_sending(session, mailing)
    by = sender(any_db, mailing_id)
    rows = fresh(any_db, by)
    with any_db.writing() as session:
        says_no(session, how, person_id, topic_id)
    with any_db.connection() as connection:
        answers = [Answered(Receipt(row.id, Outcome.UNTOUCHED), row) for row in rows]
        record(connection, by.lease_id, answers, POLICY, milliseconds())
    with any_db.writing() as session:
        assert cancel_forbidden(session, mailing_id, milliseconds(), Settings()) == 1
        delivery = session.query(Delivery).filter_by(recipient_id=recipient_id).one()
        assert (delivery.status, delivery.reason) == ("cancelled", "The person or the address said no while the message waited.")
    assert world.statuses(any_db, mailing_id) == {"queued": 1, "cancelled": 1}


def test_an_override_lifts_consent_and_nothing_else(any_db: Database) -> None:
    """A mailing that overrides consent goes on to who withdrew it, and never to who complained (domain.md D19)."""
    mailing_id = world.sending(any_db, recipients=0, override_consent=True)
    with any_db.writing() as session:
        (first, one), (_, two) = person(session, mailing_id, "åse"), person(session, mailing_id, "ørjan")
        for recipient_id in (one, two):
            session.add(Delivery(mailing_id=mailing_id, recipient_id=recipient_id, status="sending", next_attempt_at=world.START))
        withdraw(session, first, "User")
        complain(session, "ørjan@fjord.test")
        session.query(Delivery).update({"status": "queued"})
        assert cancel_forbidden(session, mailing_id, milliseconds(), Settings()) == 1
    assert world.statuses(any_db, mailing_id) == {"queued": 1, "cancelled": 1}


def test_before_anything_is_queued(any_db: Database) -> None:
    """Who withdraws between the list being made and the first delivery being queued gets no delivery."""
    mailing_id = world.mailing(any_db, status=MailingStatus.POPULATING)
    with any_db.writing() as session:
        first, _ = person(session, mailing_id, "åse")
        person(session, mailing_id, "ørjan")
        withdraw(session, first, "User")
        assert lifecycle.begin_sending(session, session.get_one(Mailing, mailing_id)) == 1
        verdicts = dict(session.query(Recipient.address, Recipient.verdict).all())
    assert verdicts == {"åse@fjord.test": "no_consent", "ørjan@fjord.test": "eligible"}


def test_a_host_whose_clock_is_behind(any_db: Database) -> None:
    """A no that was written by a host whose clock is minutes behind counts, though it looks older than the list."""
    mailing_id = world.mailing(any_db, status=MailingStatus.POPULATING)
    with any_db.writing() as session:
        with clock.standing_at(clock.now() - timedelta(days=1)):
            first, _ = person(session, mailing_id, "åse")
        session.get_one(Mailing, mailing_id).populated_at = clock.now()
        with clock.standing_at(clock.now() - timedelta(minutes=20)):
            withdraw(session, first, "Unsubscribe page")
        assert lifecycle.begin_sending(session, session.get_one(Mailing, mailing_id)) == 0


@pytest.mark.parametrize("any_db", [pytest.param("postgres", marks=[pytest.mark.postgres])], indirect=True)
def test_while_the_list_is_made(any_db: Database) -> None:
    """Who withdraws while a list is being made, which takes long, gets nothing: the list is as old as what was read first."""
    mailing_id = world.mailing(any_db, status=MailingStatus.POPULATING)
    with any_db.writing() as session:
        first, _ = person(session, mailing_id, "åse")
        session.query(Recipient).delete()
        session.get_one(Mailing, mailing_id).populated_at = None
    began = clock.now() + 2 * SKEW

    def meanwhile(seam: Seam, side: str) -> None:
        told.extend([side] if seam is Seam.POPULATE else [])
        if told == ["before", "after"] * 2 and seam is Seam.POPULATE:  # who is named, and then with which verdict
            with any_db.writing() as other:
                withdraw(other, first, "Unsubscribe page")
            hours.enter_context(clock.standing_at(began + 2 * SKEW))

    told: list[str] = []
    watch(meanwhile)
    try:
        with ExitStack() as hours, clock.standing_at(began), any_db.writing() as session:
            assert populate(session, session.get_one(Mailing, mailing_id), launch=False) == {Verdict.ELIGIBLE: 1}
    finally:
        unwatch(meanwhile)
    with clock.standing_at(began + 2 * SKEW), any_db.writing() as session:
        assert lifecycle.begin_sending(session, session.get_one(Mailing, mailing_id)) == 0


def test_the_no_of_somebody_else(any_db: Database) -> None:
    """A no of somebody who is not on the list leaves the list as it is: it is not decided anew, whatever its size."""
    mailing_id = world.mailing(any_db, status=MailingStatus.POPULATING)
    with any_db.writing() as session:
        person(session, mailing_id, "åse")
        stranger, recipient_id = person(session, mailing_id, "ørjan")
        session.delete(session.get_one(Recipient, recipient_id))
        mailing = session.get_one(Mailing, mailing_id)
        mailing.populated_at = clock.now()
        withdraw(session, stranger, "Unsubscribe page")
        assert not judge_again(session, mailing)
        withdraw(session, session.query(Recipient).one().person_id or 0, "Unsubscribe page")
        assert judge_again(session, mailing)


LATE = [
    (EventKind.COMPLAINED, None, "complained"),
    (EventKind.UNSUBSCRIBED, None, "no_consent"),
    (EventKind.BOUNCED, BounceKind.INVALID, "blocked_address"),
    (EventKind.BOUNCED, BounceKind.HARD, "blocked_address"),
]


@pytest.mark.parametrize(("kind", "bounce", "verdict"), LATE, ids=str)
def test_a_no_that_is_told_late(any_db: Database, kind: EventKind, bounce: BounceKind | None, verdict: str) -> None:
    """What a provider tells, after the list was made, of a no months ago, is heeded before anything is queued: when we heard counts."""
    bare = "los@fjord.test"  # with a person behind it the withdrawal of their consent would be seen
    mailing_id = world.mailing(any_db, status=MailingStatus.POPULATING)
    with any_db.writing() as session:
        source = Source(mailing_id=mailing_id, position=1, kind=SourceKind.IMPORT, label="liste.csv", basis=Basis.CONSENT)
        session.add(source)
        session.flush()
        session.add(Recipient(mailing_id=mailing_id, address=bare, source_id=source.id, verdict=Verdict.ELIGIBLE))
        mailing = session.get_one(Mailing, mailing_id)
        mailing.populated_at = clock.now()
    early = timedelta(days=90).total_seconds() / 60
    with clock.standing_at(clock.now() + 2 * SKEW):
        heard(any_db, *(said(any_db, None, kind, turn - early, address=bare, bounce=bounce) for turn in range(Settings().bounce_threshold)))
        with any_db.writing() as session:
            lifecycle.begin_sending(session, session.get_one(Mailing, mailing_id))
            told = select(Recipient.verdict).where(Recipient.mailing_id == mailing_id, Recipient.address == bare)
            assert session.scalars(told).all() == [verdict]
            assert session.scalars(select(Delivery.id)).all() == []
