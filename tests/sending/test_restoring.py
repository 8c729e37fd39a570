"""After a backup was put back: what may have gone out is in doubt, what had not begun is a draft, and evidence settles as ever."""

from __future__ import annotations

import pytest
from sqlalchemy import select, text

from mailings import clock
from mailings.db import Database
from mailings.errors import AtWork
from mailings.model import Delivery, DeliveryStatus, Mailing, MailingStatus, MailingType
from mailings.sending.books import books_of
from mailings.sending.restoring import AHEAD, NUMBERED, Restored, restored
from tests.sending import world
from tests.sending.delivering import running
from tests.sending.doubting import asked, settled, stands, told


def put_back(db: Database) -> Restored:
    """As the command does it."""
    with db.writing() as session:
        return restored(session)


def mailing_in(db: Database, name: str, **facts: object) -> None:
    """A mailing with nobody on it."""
    with db.writing() as session:
        session.add(Mailing(name=name, created_at=clock.now(), **{"type": MailingType.EMAIL} | facts))


def statuses(db: Database) -> dict[str, str]:
    """Where every mailing stands."""
    with db.reading() as session:
        return {name: str(status) for name, status in session.execute(select(Mailing.name, Mailing.status))}


def test_what_was_open_is_in_doubt_and_evidence_settles_it(any_db: Database) -> None:
    """Queued, waiting for a retry or in a dead sender's hands: all in doubt, none lost; a server's log makes `sent` of whom it has."""
    mailing_id = world.sending(any_db, recipients=5)
    with any_db.writing() as session:
        first, second, third, *_ = session.scalars(select(Delivery).order_by(Delivery.id))
        first.status, first.sent_at = DeliveryStatus.SENT, world.START
        second.status, second.lease_id = DeliveryStatus.SENDING, 999_999
        third.next_attempt_at, third.code = world.START, "451 4.7.1"
        number = third.id
    assert put_back(any_db).in_doubt == {"høst-nytt": 4}
    assert stands(any_db) == ["sent", *["in_doubt"] * 4]
    told(any_db, number, "sent")
    assert settled(any_db, policy=False).left == 3
    assert asked(any_db, DeliveryStatus.FAILED).left == 0
    assert stands(any_db) == ["sent", "failed", "sent", "failed", "failed"]
    with any_db.reading() as session:
        assert books_of(session, mailing_id).balanced


def test_what_had_not_begun_is_a_draft_again(any_db: Database) -> None:
    """Scheduled, being populated or waiting for approval: a person looks first. What is over stays over, and an open form stays open."""
    begun = {"started_at": clock.now()}
    mailing_in(any_db, "planlagt", status=MailingStatus.SCHEDULED, scheduled_at=clock.now())
    mailing_in(any_db, "samles", status=MailingStatus.POPULATING)
    mailing_in(any_db, "spurt", status=MailingStatus.PAUSED, frozen_at=clock.now())
    mailing_in(any_db, "stanset", status=MailingStatus.PAUSED, **begun)
    mailing_in(any_db, "ferdig", status=MailingStatus.SENT, **begun)
    mailing_in(any_db, "svar", status=MailingStatus.SENDING, type=MailingType.FORM_RESPONSE, **begun)
    mailing_in(any_db, "halv", status=MailingStatus.SENDING, **begun)
    done = put_back(any_db)
    assert (sorted(done.drafts), done.held, done.in_doubt) == (["planlagt", "samles", "spurt"], ["halv"], {})
    draft = {"planlagt": "draft", "samles": "draft", "spurt": "draft"}
    assert statuses(any_db) == draft | {"stanset": "paused", "ferdig": "sent", "svar": "sending", "halv": "paused"}
    with any_db.reading() as session:
        held = session.scalars(select(Mailing).where(Mailing.name == "halv")).one()
        assert held.held_reason == "A backup was put back; settle what is in doubt (mailings settle halv), then go on: mailings send halv"
        assert all(m.frozen_at is None and m.scheduled_at is None for m in session.scalars(select(Mailing).where(Mailing.name.in_(draft))))
    assert put_back(any_db) == Restored()


def test_numbers_go_on_beyond_those_given_since(any_db: Database) -> None:
    """The next message, mailing, submission and notice to others have numbers that nothing made since the backup can have had."""
    world.sending(any_db, recipients=2)
    put_back(any_db)
    with any_db.writing() as session:
        last = {table: session.execute(text(f"SELECT COALESCE(max(id), 0) FROM {table}")).scalar_one() for table in NUMBERED}
        made = Mailing(name="ny", type=MailingType.EMAIL, created_at=clock.now())
        session.add(made)
        session.flush()
        delivery = Delivery(mailing_id=made.id, test=True)
        session.add(delivery)
        session.flush()
        assert made.id >= last["mailing"] + AHEAD
        assert delivery.id >= last["delivery"] + AHEAD


def test_it_is_refused_while_somebody_sends(any_db: Database) -> None:
    """A sender at work would send what is in doubt: nothing is changed until it is stopped."""
    world.sending(any_db, recipients=3)
    with running(any_db), pytest.raises(AtWork, match="stop every worker and sender first"):
        put_back(any_db)
    assert stands(any_db) == ["queued"] * 3


def test_who_waited_for_a_form_response_not_open_yet(any_db: Database) -> None:
    """Since the backup it may have been opened and have answered them: they are in doubt, and opening it now serves nobody twice."""
    waiting = world.sending(any_db, "svar", recipients=2)
    with any_db.writing() as session:
        made = session.get_one(Mailing, waiting)
        made.type, made.status, made.started_at = MailingType.FORM_RESPONSE, MailingStatus.DRAFT, None
    assert put_back(any_db).in_doubt == {"svar": 2}
    assert stands(any_db) == ["in_doubt"] * 2
    assert statuses(any_db) == {"svar": "draft"}
    assert put_back(any_db) == Restored()
