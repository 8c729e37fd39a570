"""Leaving holds at once, says no more than was said, and can be taken back for a day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from mailings import clock
from mailings.consent.history import in_force
from mailings.consent.standing import complain
from mailings.consent.withdrawing import opt_out, withdraw
from mailings.db import Database
from mailings.model import AddressStanding, Basis, Company, Consent, Delivery, DeliveryStatus, OptOut, Topic
from mailings.tracking.leaving import ONE_CLICK, PAGE, UNDONE, can_come_back, come_back, leave
from mailings.tracking.readers import Reader, reader_of
from tests.consent.waiting import a_mailing, a_person, a_topic, queue, statuses

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def reader(session: Session, topic: Topic | None, **person: object) -> Reader:
    """Désirée, who got a mailing of this topic."""
    whom = a_person(session, "desiree@ijssel.test", **{"name": "Désirée van der IJssel"} | person)
    got = a_mailing(session, f"got {topic.name if topic else ''}", topic)
    return reader_of(session, queue(session, got, whom, DeliveryStatus.SENT).id)


def test_a_topic_is_left_alone_and_at_once(any_db: Database) -> None:
    """Queued messages of the topic are cancelled, also of mailings being sent; other topics and consent go on. Twice is once."""
    with any_db.writing() as session:
        news, offers = a_topic(session, "News"), a_topic(session, "Promotions")
        desiree = reader(session, news)
        assert desiree.person is not None
        waits = queue(session, a_mailing(session, "being sent", news), desiree.person)
        other = queue(session, a_mailing(session, "other topic", offers), desiree.person)
        with clock.standing_at(NOON):
            assert leave(session, desiree, PAGE)
        with clock.standing_at(NOON + timedelta(hours=1)):
            assert not leave(session, desiree, ONE_CLICK)
        assert statuses(session, waits, other) == ["cancelled", "queued"]
        assert session.execute(select(OptOut.topic_id, OptOut.source, OptOut.since)).all() == [(news.id, PAGE, NOON)]
        assert in_force(session, [desiree.person.id])[desiree.person.id][0] is Basis.CONSENT
        assert session.get_one(Delivery, desiree.delivery.id).unsubscribed_at == NOON


@pytest.mark.parametrize("everything", [False, True])
def test_without_a_topic_or_with_everything_consent_is_withdrawn(any_db: Database, everything: bool) -> None:
    """D13: nothing is written to them any more, of whatever topic."""
    with any_db.writing() as session:
        desiree = reader(session, a_topic(session) if everything else None)
        assert desiree.person is not None
        waits = queue(session, a_mailing(session, "being sent", a_topic(session, "Urgent messages")), desiree.person)
        assert leave(session, desiree, ONE_CLICK, everything=everything)
        assert not leave(session, desiree, ONE_CLICK, everything=everything)
        assert statuses(session, waits) == ["cancelled"]
        assert in_force(session, [desiree.person.id])[desiree.person.id] == (Basis.WITHDRAWN, ONE_CLICK)


def test_an_address_without_a_person_gets_nothing_more(any_db: Database) -> None:
    """A bare address and a company's: the address is marked once, and what waits for it anywhere is cancelled."""
    with any_db.writing() as session:
        news, later = a_mailing(session, "news", a_topic(session)), a_mailing(session, "later")
        company = Company(name="Søn", email="post@son.test", email_normal="post@son.test", email_valid=True, created_at=clock.now())
        session.add(company)
        session.flush()
        for whom, normal in (("los@fugl.test", "los@fugl.test"), (company, "post@son.test")):
            gone = reader_of(session, queue(session, news, whom, DeliveryStatus.SENT).id)
            waits = queue(session, later, whom)
            with clock.standing_at(NOON):
                assert leave(session, gone, PAGE)
            assert not leave(session, gone, PAGE)
            assert statuses(session, waits) == ["cancelled"]
            assert session.get_one(AddressStanding, normal).unsubscribed_at == NOON
            with clock.standing_at(NOON + timedelta(hours=2)):
                assert come_back(session, gone)
            assert session.get_one(AddressStanding, normal, populate_existing=True).unsubscribed_at is None


def test_a_test_changes_nothing(any_db: Database) -> None:
    """Who presses the button of a test message leaves nothing behind, though it was filled with a person's data (D11)."""
    with any_db.writing() as session:
        desiree = reader(session, a_topic(session))
        desiree.delivery.test = True
        session.flush()
        assert not leave(session, desiree, PAGE)
        assert not leave(session, desiree, PAGE, everything=True)
        assert not come_back(session, desiree)
        assert session.scalars(select(OptOut)).all() == []
        assert session.scalars(select(Consent.basis)).all() == [Basis.CONSENT]
        assert desiree.delivery.unsubscribed_at is None


def test_taking_it_back_takes_the_topic_again(any_db: Database) -> None:
    """The opt-out ends and its row stays: a history, not an edit."""
    with any_db.writing() as session:
        desiree = reader(session, a_topic(session))
        leave(session, desiree, PAGE)
        assert come_back(session, desiree)
        assert not come_back(session, desiree)
        assert session.scalar(select(OptOut.ended_at)) is not None


def test_taking_it_back_restores_the_basis_there_was(any_db: Database) -> None:
    """Consent gets the basis it had before, in a row of its own, and no better one."""
    with any_db.writing() as session:
        desiree = reader(session, None, basis=Basis.LEGITIMATE_INTEREST)
        leave(session, desiree, ONE_CLICK)
        assert come_back(session, desiree)
        assert not come_back(session, desiree)
        told = session.execute(select(Consent.basis, Consent.source).order_by(Consent.id)).all()
        assert told[1:] == [(Basis.WITHDRAWN, ONE_CLICK), (Basis.LEGITIMATE_INTEREST, UNDONE)]


def test_a_consent_that_never_was_is_not_given_back(any_db: Database) -> None:
    """Nothing was recorded before the withdrawal, so nothing can be restored."""
    with any_db.writing() as session:
        desiree = reader(session, None, basis=None)
        assert leave(session, desiree, PAGE)
        assert not come_back(session, desiree)


def test_a_complaint_cannot_be_taken_back_here(any_db: Database) -> None:
    """What followed a complaint stays, though it was made after leaving by this page."""
    with any_db.writing() as session:
        desiree = reader(session, None)
        complain(session, desiree.address)
        assert not come_back(session, desiree)


def test_after_a_day_the_link_takes_nothing_back(any_db: Database) -> None:
    """A message that is forwarded a week later cannot sign its first reader up again."""
    with any_db.writing() as session:
        readers = [reader(session, None), reader(session, a_topic(session), name="Åse")]
        with clock.standing_at(NOON):
            for one in readers:
                leave(session, one, PAGE)
        with clock.standing_at(NOON + timedelta(days=1, seconds=1)):
            assert not any(come_back(session, one) for one in readers)


@pytest.mark.parametrize("topical", [False, True])
def test_what_was_told_elsewhere_stays(any_db: Database, topical: bool) -> None:
    """What a person told our staff is no business of this link."""
    with any_db.writing() as session:
        news = a_topic(session)
        desiree = reader(session, news if topical else None)
        assert desiree.person is not None
        withdraw(session, desiree.person.id, "User")
        opt_out(session, desiree.person.id, news.id, "User")
        assert not come_back(session, desiree)


@pytest.mark.parametrize("here_too", [False, True])
def test_what_a_provider_told_of_an_address_stays(any_db: Database, here_too: bool) -> None:
    """A bare address that its reader ended at the provider is not brought back here, though they left on this page as well."""
    with any_db.writing() as session, clock.standing_at(NOON):
        gone = reader_of(session, queue(session, a_mailing(session, "news"), "løs@fugl.test", DeliveryStatus.SENT).id)
        if here_too:
            assert leave(session, gone, PAGE)
        assert leave(session, gone, "Report of sendgrid") is not here_too
        assert leave(session, gone, ONE_CLICK) is False
        assert not can_come_back(session, gone)
        assert not come_back(session, gone)
        standing = session.get_one(AddressStanding, gone.address, populate_existing=True)
        assert (standing.unsubscribed_at, standing.unsubscribed_source) == (NOON, "Report of sendgrid")
