"""Withdrawing and opting out hold at once, in the transaction they are said in."""

from __future__ import annotations

from sqlalchemy import select

from mailings.consent.withdrawing import opt_out, opt_out_many, subscribe, withdraw, withdraw_many
from mailings.db import Database
from mailings.model import Basis, Consent, Delivery, DeliveryStatus, OptOut
from tests.consent.waiting import a_mailing, a_person, a_topic, notes, queue, statuses


def test_withdrawing_cancels_what_waits(any_db: Database) -> None:
    """Queued messages are cancelled with reason and history; sent ones, other people's and those of overriding mailings are not."""
    with any_db.writing() as session:
        mine, other = a_person(session, "ase@x.test"), a_person(session, "bo@x.test")
        plain, overriding, earlier = (
            a_mailing(session, "plain"),
            a_mailing(session, "over", override_consent=True),
            a_mailing(session, "old"),
        )
        waits, allowed, theirs = queue(session, plain, mine), queue(session, overriding, mine), queue(session, plain, other)
        sent = queue(session, earlier, mine, DeliveryStatus.SENT)
        assert withdraw(session, mine.id, "Unsubscribe page")
        assert statuses(session, waits, allowed, theirs, sent) == ["cancelled", "queued", "queued", "sent"]
        assert waits.reason == "Consent was withdrawn (Unsubscribe page)."
        assert notes(session, waits) == [("cancelled", "Consent was withdrawn (Unsubscribe page).")]


def test_withdrawing_is_written_once(any_db: Database) -> None:
    """The history gets one row; saying it again adds none but still cancels what was queued since."""
    with any_db.writing() as session:
        person = a_person(session, "ase@x.test")
        assert withdraw(session, person.id, "User")
        later = queue(session, a_mailing(session, "later"), person)
        assert not withdraw(session, person.id, "User")
        assert statuses(session, later) == ["cancelled"]
        assert session.scalars(select(Consent.basis).order_by(Consent.id)).all() == [Basis.CONSENT, Basis.WITHDRAWN]


def test_rolled_back_with_its_transaction(any_db: Database) -> None:
    """Consent and cancelled messages belong together: when the door rolls back, neither has happened."""
    with any_db.writing() as session:
        person = a_person(session, "ase@x.test")
        waits = queue(session, a_mailing(session, "plain"), person).id
        owner = person.id
    with any_db.writing() as session:
        withdraw(session, owner, "User")
        session.rollback()
    with any_db.reading() as session:
        assert session.get_one(Delivery, waits).status is DeliveryStatus.QUEUED
        assert session.scalars(select(Consent.basis)).all() == [Basis.CONSENT]


def test_many_people_at_once(any_db: Database) -> None:
    """Many people withdraw in a few statements, each with one row; those who had withdrawn get none."""
    with any_db.writing() as session:
        people = [a_person(session, f"p{number}@x.test").id for number in range(30)]
        withdraw(session, people[0], "User")
        assert withdraw_many(session, people, "Import") == 29
        assert withdraw_many(session, people, "Import") == 0


def test_opting_out_is_for_one_topic(any_db: Database) -> None:
    """Only mailings of that topic are cancelled; mailings of others, of none, and those that override go on."""
    with any_db.writing() as session:
        person, news, offers = a_person(session, "ase@x.test"), a_topic(session, "News"), a_topic(session, "Promotions")
        mailings = [a_mailing(session, "a", news), a_mailing(session, "b", offers), a_mailing(session, "c")]
        mailings.append(a_mailing(session, "d", news, override_consent=True))
        waiting = [queue(session, mailing, person) for mailing in mailings]
        assert opt_out(session, person.id, news.id, "Unsubscribe page")
        assert not opt_out(session, person.id, news.id, "Unsubscribe page")
        assert statuses(session, *waiting) == ["cancelled", "queued", "queued", "queued"]
        assert session.scalars(select(Consent.basis)).all() == [Basis.CONSENT]


def test_subscribing_again(any_db: Database) -> None:
    """Subscribing ends the opt-out and keeps its row; a later opt-out is a new row. What was cancelled stays cancelled."""
    with any_db.writing() as session:
        person, news = a_person(session, "ase@x.test"), a_topic(session)
        waits = queue(session, a_mailing(session, "a", news), person)
        opt_out(session, person.id, news.id, "User")
        assert subscribe(session, person.id, news.id)
        assert not subscribe(session, person.id, news.id)
        assert statuses(session, waits) == ["cancelled"]
        assert opt_out(session, person.id, news.id, "User")
        assert [row.ended_at is None for row in session.scalars(select(OptOut).order_by(OptOut.id))] == [False, True]


def test_opt_outs_of_a_list(any_db: Database) -> None:
    """A list's opt-outs are written once each, in force at once, and a second time changes nothing."""
    with any_db.writing() as session:
        news, offers = a_topic(session, "News"), a_topic(session, "Promotions")
        one, two = a_person(session, "ase@x.test"), a_person(session, "bo@x.test")
        mailing = a_mailing(session, "a", news)
        waiting = [queue(session, mailing, person) for person in (one, two)]
        said = [(one.id, news.id), (one.id, news.id), (two.id, offers.id)]
        opt_out_many(session, said, "Import")
        opt_out_many(session, said, "Import")
        assert statuses(session, *waiting) == ["cancelled", "queued"]
        assert sorted(session.execute(select(OptOut.person_id, OptOut.topic_id)).all()) == sorted({*said})


def test_tests_are_nobodys_permission(any_db: Database) -> None:
    """A test message that waits is for whoever asked for it, not for the person whose data fill it."""
    with any_db.writing() as session:
        person = a_person(session, "ase@x.test")
        trial = queue(session, a_mailing(session, "a"), person)
        trial.test = True
        session.flush()
        withdraw(session, person.id, "User")
        assert statuses(session, trial) == ["queued"]
