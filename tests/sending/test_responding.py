"""The loop's hands: whoever waits is served once and the mailing stays open; a block, another's work and trouble are heeded."""

from __future__ import annotations

from datetime import timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from typing import cast

import pytest
from sqlalchemy import insert, update

from mailings import clock
from mailings.content.system import LANGUAGES, MESSAGES
from mailings.db import Database
from mailings.errors import TryLater
from mailings.message import Outcome
from mailings.model import AddressStanding, Delivery, LeaseRole, MailingStatus
from mailings.sending import closing, leases, lifecycle
from mailings.sending.due import due, due_responses
from mailings.sending.finding import mailing_named
from mailings.sending.responding import Responder, Served, held
from mailings.tokens import Kind, Tokens
from mailings.transports.memory import Memory
from tests.sending import world
from tests.sending.asked import DANISH, DUTCH, SETTINGS, ask, books, mailing, messages, person


def look(db: Database) -> list[Served]:
    """One look of a loop."""
    return Responder(db, SETTINGS).look()


def taken(memory: Memory) -> list[EmailMessage]:
    """The messages handed over, parsed."""
    return [cast(EmailMessage, message_from_bytes(kept.content, policy=SMTP)) for kept in memory.kept]  # type: ignore[arg-type]


def test_who_waits_is_served(any_db: Database, memory: Memory) -> None:
    """A look sends what waits, says how much, and leaves the mailing open and balanced; the next look finds nothing."""
    for number in range(3):
        ask(any_db, person(any_db, f"ase-{number}@fjord.test"))
    ask(any_db, person(any_db, "desiree@ijssel.test", "nl"))
    assert [(one.mailing, dict(one.counts)) for one in look(any_db)] == [(DANISH, {Outcome.ACCEPTED: 3}), (DUTCH, {Outcome.ACCEPTED: 1})]
    assert {kept.address for kept in memory.kept} == {*(f"ase-{number}@fjord.test" for number in range(3)), "desiree@ijssel.test"}
    assert (mailing(any_db).status, books(any_db).deliveries["sent"]) == (MailingStatus.SENDING, 3)
    assert look(any_db) == []
    assert len(memory.kept) == 4


@pytest.mark.parametrize("which", MESSAGES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_what_it_says(db: Database, memory: Memory, which: str, language: str) -> None:
    """In each language: the reader's name, a button and the address in plain sight that lead to their own page, and why they get it."""
    who = person(db, language=language)
    assert ask(db, who, which)
    look(db)
    (message,) = taken(memory)
    html, text = (message.get_body((kind,)).get_content() for kind in ("html", "plain"))  # type: ignore[union-attr]
    kind = {"preferences-link": Kind.PREFERENCES, "confirm-sign-up": Kind.CONFIRM}[which]
    token = Tokens(SETTINGS.secret.get_secret_value())
    address = text.split(f"{SETTINGS.public_url}/{kind.value}/")[1].split()[0]
    assert token.read(kind, address).delivery == memory.kept[0].delivery
    assert html.count(f"{SETTINGS.public_url}/{kind.value}/{address}") == 3  # the button, the address itself, where that leads
    for part in (html, text):
        assert "ase@fjord.test" in part
        assert "Fjord Østerlund" in part
        assert "Åse" in part
        assert "{" not in part
        assert "[[" not in part
    assert f'<html lang="{language}">' in html
    assert f"{'21' if kind is Kind.PREFERENCES else '30'} " in text
    assert message["From"] == "Fjord Østerlund <post@fjord.test>"


def test_headers_of_an_answer(db: Database, memory: Memory) -> None:
    """It says that it was sent by itself as an answer, and offers no one-click way out of a list that it is not (RFC 3834)."""
    ask(db, person(db))
    look(db)
    (message,) = taken(memory)
    assert message["Auto-Submitted"] == "auto-replied"
    assert [message[name] for name in ("List-Unsubscribe", "List-Unsubscribe-Post", "Precedence")] == [None] * 3


def test_a_block_that_nobody_cancelled_for(any_db: Database, memory: Memory) -> None:
    """As a message is claimed its address is looked at again: one blocked in the very moment of asking gets nothing."""
    ask(any_db, person(any_db))
    with any_db.writing() as session:
        session.execute(insert(AddressStanding).values(normal="ase@fjord.test", blocked_at=clock.now(), bounces=0))
    look(any_db)
    assert memory.kept == []
    assert messages(any_db) == [("cancelled", None)]


def test_another_is_at_it(any_db: Database, memory: Memory) -> None:
    """While a conductor lives, be it a loop or a run of Prefect's, the message is its to send."""
    ask(any_db, person(any_db))
    with any_db.writing() as session:
        lease = leases.take(session, mailing_named(session, DANISH), LeaseRole.CONDUCTOR).id
    assert look(any_db) == []
    with any_db.writing() as session:
        leases.end(session, lease)
    assert len(look(any_db)) == len(memory.kept) == 1


def test_a_dead_sender(any_db: Database, memory: Memory) -> None:
    """What a killed loop had in hand is in doubt at the next look, and not sent a second time."""
    ask(any_db, person(any_db))
    with any_db.writing() as session:
        session.execute(update(Delivery).values(status="sending", claimed_at=clock.now(), attempts=1, next_attempt_at=None))
    look(any_db)
    assert memory.kept == []
    assert books(any_db).deliveries["in_doubt"] == 1


def test_tried_later(any_db: Database, memory: Memory) -> None:
    """A temporary refusal does not hold up the loop: it is found again when it is due, and not before."""
    memory.stall("ase@fjord.test")
    ask(any_db, person(any_db))
    assert look(any_db)[0].counts == {Outcome.TRY_LATER: 1}
    assert look(any_db) == []
    memory.accept("ase@fjord.test")
    with clock.standing_at(clock.now() + timedelta(minutes=2)):
        assert look(any_db)[0].counts == {Outcome.ACCEPTED: 1}


def test_trouble_of_one_leaves_the_others_alone(any_db: Database, memory: Memory) -> None:
    """A mailing that cannot be made says why, each time it is looked at; the others are served."""
    ask(any_db, person(any_db))
    ask(any_db, person(any_db, "desiree@ijssel.test", "nl"))
    with any_db.writing() as session:
        mailing_named(session, DANISH).html = "<p>[[ customer.skostørrelse ]]</p>"
    for served in (2, 1):
        found = {one.mailing: one.trouble for one in look(any_db)}
        assert "skostørrelse" in str(found.pop(DANISH))
        assert found == ({DUTCH: None} if served == 2 else {})
    assert [kept.address for kept in memory.kept] == ["desiree@ijssel.test"]
    assert messages(any_db) == [("queued", None)]


def test_the_transport_is_down(any_db: Database, memory: Memory) -> None:
    """A transport that cannot begin pauses the mailing with its reason; resumed, the message goes out."""
    memory.go_down(TryLater("The server does not answer."))
    ask(any_db, person(any_db))
    (one,) = look(any_db)
    assert one.trouble == "The server does not answer."
    with any_db.reading() as session:
        assert held(session) == {DANISH: "The server does not answer."}
    memory.go_down(None)
    with any_db.writing() as session:
        lifecycle.resume(mailing_named(session, DANISH))
    assert look(any_db)[0].counts == {Outcome.ACCEPTED: 1}


def test_picked_up_by_prefect_too(any_db: Database, memory: Memory) -> None:
    """Where no loop runs, start-due-mailings finds what waits; an open mailing with nobody waiting is nobody's to start."""
    ask(any_db, person(any_db))
    with any_db.reading() as session:
        assert [one.name for one in due(session)] == [one.name for one in due_responses(session)] == [DANISH]
    look(any_db)
    with any_db.reading() as session:
        assert due(session) == []


def test_never_called_sent(any_db: Database, memory: Memory) -> None:
    """Closing leaves it open: somebody may ask tomorrow."""
    ask(any_db, person(any_db))
    look(any_db)
    with any_db.writing() as session:
        outcome = closing.close(session, mailing_named(session, DANISH))
    assert (outcome.status, mailing(any_db).finished_at) == (MailingStatus.SENDING, None)
    assert "stays open" in outcome.sentence


def test_an_ordinary_mailing_is_left_to_its_run(any_db: Database, memory: Memory) -> None:
    """The loop serves form responses alone; what waits of other mailings still waits."""
    mailing_id = world.sending(any_db, recipients=2)
    assert look(any_db) == []
    assert world.statuses(any_db, mailing_id) == {"queued": 2}
