"""Who may not be written to gets no system message, whatever they asked for; the books balance whatever happens meanwhile."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from mailings import clock
from mailings.consent.standing import block_address, complain, unblock_addresses
from mailings.consent.withdrawing import withdraw
from mailings.db import Database
from mailings.errors import NotAllowed
from mailings.model import Address, Delivery, Recipient
from mailings.people.erasing import erase
from mailings.sending import lifecycle
from mailings.sending.finding import mailing_named
from mailings.sending.form_responses import system_mailings
from tests.sending import world
from tests.sending.asked import DANISH, DUTCH, SETTINGS, ask, books, mailing, messages, person, recipient, sent

MINUTE = timedelta(minutes=1)


def test_consent_is_not_asked(any_db: Database) -> None:
    """Who withdrew gets what they asked for, and withdrawing while it waits does not stop it (domain.md J.5)."""
    who = person(any_db, no_mailings=True)
    with any_db.writing() as session:
        withdraw(session, who, "Unsubscribe page")
    assert ask(any_db, who)
    with any_db.writing() as session:
        withdraw(session, who, "Preferences page")
    assert messages(any_db) == [("queued", None)]


@pytest.mark.parametrize(("no", "verdict"), [(complain, "complained"), (lambda s, a: block_address(s, a, "by us"), "blocked_address")])
def test_a_no_of_the_address(any_db: Database, no: object, verdict: str) -> None:
    """A block or a complaint cancels what waits at once, and asking again stays on the books with its verdict, without a message."""
    who = person(any_db)
    ask(any_db, who)
    with any_db.writing() as session:
        no(session, "ase@fjord.test")  # type: ignore[operator]
    assert messages(any_db) == [("cancelled", None)]
    assert not ask(any_db, who)
    assert recipient(any_db, who).verdict == verdict
    assert books(any_db).excluded == {verdict: 1}
    assert len(messages(any_db)) == 1


def test_unblocked(any_db: Database) -> None:
    """Whose block was lifted gets what they ask for again, following the cancelled one."""
    who = person(any_db)
    ask(any_db, who)
    with any_db.writing() as session:
        block_address(session, "ase@fjord.test", "by us")
    assert not ask(any_db, who)
    with any_db.writing() as session:
        unblock_addresses(session, ["ase@fjord.test"])
    assert ask(any_db, who)
    assert [status for status, _ in messages(any_db)] == ["cancelled", "queued"]
    assert books(any_db).deliveries["queued"] == 1


def test_blocked_after_it_was_served(any_db: Database) -> None:
    """What was handed over stays counted as it was when the address is blocked later; nothing more is queued."""
    who = person(any_db)
    ask(any_db, who)
    sent(any_db, ago=20 * MINUTE)
    with any_db.writing() as session:
        block_address(session, "ase@fjord.test", "bounced")
    assert not ask(any_db, who)
    assert books(any_db).deliveries["sent"] == 1
    assert recipient(any_db, who).verdict == "eligible"


def test_no_address_and_nobody(any_db: Database) -> None:
    """Without a valid address the row says so; whoever was deleted, or never was, leaves no row at all."""
    silent, gone = person(any_db), person(any_db, "desiree@ijssel.test", deleted_at=clock.now())
    with any_db.writing() as session:
        session.execute(update(Address).where(Address.person_id == silent).values(valid=False))
    assert [ask(any_db, who) for who in (silent, gone, 4711)] == [False, False, False]
    assert books(any_db).excluded == {"no_address": 1}
    assert messages(any_db) == []


def test_erased(any_db: Database) -> None:
    """Erasing the person cancels what waits for them, and the books still balance."""
    who = person(any_db)
    ask(any_db, who)
    with any_db.writing() as session:
        erase(session, who)
    assert messages(any_db) == [("cancelled", None)]
    assert books(any_db).excluded == {"erased": 1}


def test_a_new_address(any_db: Database) -> None:
    """A message goes to the address of today, and the earlier one keeps the address it went to."""
    who = person(any_db)
    ask(any_db, who)
    sent(any_db, ago=20 * MINUTE)
    with any_db.writing() as session:
        session.execute(update(Address).where(Address.person_id == who).values(normal="ase@sjø.test"))
    assert ask(any_db, who)
    with any_db.reading() as session:
        asked = select(Delivery.address, Recipient.address).join(Recipient, Recipient.id == Delivery.recipient_id)
        assert session.execute(asked.order_by(Delivery.id)).all() == [("ase@fjord.test", "ase@sjø.test"), (None, "ase@sjø.test")]


def test_paused_and_cancelled(any_db: Database) -> None:
    """Paused it waits to be resumed; cancelled it takes nobody, until resuming opens it again."""
    who, other = person(any_db), person(any_db, "desiree@ijssel.test")
    ask(any_db, who)
    with any_db.writing() as session:
        lifecycle.pause(mailing_named(session, DANISH))
    assert ask(any_db, other)
    with any_db.writing() as session:
        assert lifecycle.cancel(session, mailing_named(session, DANISH)) == 2
    assert not ask(any_db, who)
    with any_db.writing() as session:
        lifecycle.resume(session, mailing_named(session, DANISH))
    assert ask(any_db, who)
    assert books(any_db).deliveries == books(any_db).deliveries | {"queued": 1, "cancelled": 1}


def test_somebodys_own_mailing_is_left_alone(db: Database) -> None:
    """A mailing that merely has the name of a system message is never written to."""
    world.mailing(db, DUTCH, html="<p>Mijn eigen</p>")
    with pytest.raises(NotAllowed, match="no system message"):
        ask(db, person(db, language="nl"))
    assert mailing(db, DUTCH).html == "<p>Mijn eigen</p>"


def test_an_upgrade_brings_new_words(db: Database) -> None:
    """Bringing up to date gives the mailings that are there the words shipped today, and makes no new ones."""
    ask(db, person(db))
    before = mailing(db)
    with db.writing() as session:
        mailing_named(session, DANISH).html = "<p>gammelt</p>"
    with db.writing() as session:
        assert system_mailings.refresh(session, SETTINGS) == 1
    assert mailing(db).html == before.html
