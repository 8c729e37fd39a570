"""System messages: queued once however often they are asked for, in the reader's language, from whom the installation says."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select

from mailings import clock
from mailings.db import Database
from mailings.errors import Misconfigured
from mailings.model import Delivery, Mailing, MailingStatus, MailingType, Recipient
from mailings.sending.form_responses import system_mailings
from mailings.settings import Settings
from tests.sending import world
from tests.sending.asked import SETTINGS, ask, books, mailing, messages, person, recipient, sent

MINUTE = timedelta(minutes=1)


def test_asked_for(any_db: Database) -> None:
    """Who asks gets one message, from whom the installation says, by a mailing that stays open and asks nobody's consent."""
    who = person(any_db)
    assert ask(any_db, who)
    made = mailing(any_db)
    assert (made.type, made.status) == (MailingType.FORM_RESPONSE, MailingStatus.SENDING)
    assert (made.override_consent, made.one_per_address) == (True, False)
    assert made.tracking == {"opens": False, "clicks": "none"}
    assert made.sender == {"name": "Fjord Østerlund", "address": "post@fjord.test", "use": "always"}
    assert messages(any_db) == [("queued", None)]
    assert books(any_db).deliveries["queued"] == 1


def test_asked_again_at_once(any_db: Database) -> None:
    """While one waits, and for ten minutes after it went out, a second press of the button queues nothing."""
    who = person(any_db)
    assert ask(any_db, who)
    assert ask(any_db, who)
    sent(any_db, ago=9 * MINUTE)
    assert ask(any_db, who)
    assert messages(any_db) == [("sent", None)]


def test_asked_again_later(any_db: Database) -> None:
    """After that a further message follows the first one, and the person is still counted once."""
    who = person(any_db)
    ask(any_db, who)
    sent(any_db, ago=11 * MINUTE)
    assert ask(any_db, who)
    (_, first), (status, again) = messages(any_db)
    assert (first, status, again is not None) == (None, "queued", True)
    assert books(any_db).total == 1


@pytest.mark.parametrize("at_once", [2, 6])
def test_asked_twice_in_the_same_moment(any_db: Database, at_once: int) -> None:
    """However many presses arrive at once, one message is made of them, the first time and the next."""
    who = person(any_db)
    for made in (1, 2):
        with ThreadPoolExecutor(at_once) as pool:
            assert all(pool.map(lambda _: ask(any_db, who), range(at_once)))
        assert len(messages(any_db)) == made
        sent(any_db, ago=11 * MINUTE)
    assert books(any_db).total == 1


def test_five_a_day(any_db: Database) -> None:
    """Five a day reach one person, of all system messages together; the day after it goes on."""
    who = person(any_db)
    for hours in (20, 16, 12, 8):
        ask(any_db, who)
        sent(any_db, ago=timedelta(hours=hours))
    ask(any_db, who, "confirm-sign-up")
    sent(any_db, ago=timedelta(hours=4))
    assert ask(any_db, who)
    assert len(messages(any_db)) == 4
    with clock.standing_at(clock.now() + timedelta(hours=5)):
        assert ask(any_db, who)
    assert len(messages(any_db)) == 5


def test_refused_is_asked_again(any_db: Database) -> None:
    """Whose message was refused is not told to wait for it: asking again makes another."""
    who = person(any_db)
    ask(any_db, who)
    sent(any_db, status="failed")
    ask(any_db, who)
    assert [status for status, _ in messages(any_db)] == ["failed", "queued"]
    assert books(any_db).deliveries["queued"] == 1


@pytest.mark.parametrize(
    ("wanted", "language"),
    [("nl", "nl"), ("da", "da"), ("nb", "no"), ("NN", "no"), ("sv-SE", "sv"), ("de", "de"), ("en", "en"), ("fi", "da"), ("", "da")],
)
def test_in_the_readers_language(db: Database, wanted: str, language: str) -> None:
    """The person's language decides; one we do not speak, or none, is the installation's."""
    settings = SETTINGS.model_copy(update={"language": "da"})
    assert ask(db, person(db, language=wanted), settings=settings)
    with db.reading() as session:
        assert session.scalars(select(Mailing.name)).all() == [f"system-preferences-link-{language}"]


def test_from_whom(any_db: Database) -> None:
    """Without a setting it comes from the sender of the newest mailing that went out; without one either, it says what to set."""
    unsaid, who = Settings(email_transport="memory"), person(any_db)
    with pytest.raises(Misconfigured, match="MAILINGS_SYSTEM_FROM"):
        ask(any_db, who, settings=unsaid)
    went_out(any_db, "news@acme.test", who)
    assert ask(any_db, who, settings=unsaid)
    assert mailing(any_db).sender == {"name": "Åse", "address": "news@acme.test", "use": "always"}
    with pytest.raises(Misconfigured, match="MAILINGS_SYSTEM_FROM holds no"):
        ask(any_db, person(any_db, "desiree@ijssel.test", "nl"), settings=Settings(system_from="Nobody"))


def test_nobody_changes_whom_anothers_message_comes_from(any_db: Database) -> None:
    """The first request decides for all; a newer mailing is the sender after an upgrade, and the setting goes before either."""
    unsaid, first, second = Settings(email_transport="memory"), person(any_db), person(any_db, "desiree@ijssel.test")
    went_out(any_db, "news@acme.test", first)
    assert ask(any_db, first, settings=unsaid)
    went_out(any_db, "søk@fjord.test", second, name="vinter-nytt")
    assert ask(any_db, second, settings=unsaid)
    assert books(any_db).deliveries["queued"] == 2
    assert mailing(any_db).sender["address"] == "news@acme.test"
    with any_db.writing() as session:
        system_mailings.refresh(session, unsaid)
    assert mailing(any_db).sender["address"] == "søk@fjord.test"
    assert ask(any_db, person(any_db, "bo@fjord.test"))
    assert mailing(any_db).sender["address"] == "post@fjord.test"


def went_out(db: Database, address: str, person_id: int, name: str = "høst-nytt") -> None:
    """A mailing from that address went to the person."""
    sender = {"name": "Åse", "address": address, "use": "our_contact"}
    mailing_id = world.mailing(db, name, status=MailingStatus.SENT, sender=sender)
    with db.writing() as session:
        session.add(got := Recipient(mailing_id=mailing_id, person_id=person_id, address="ase@fjord.test"))
        session.flush()
        session.add(Delivery(mailing_id=mailing_id, recipient_id=got.id, status="sent", claimed_at=clock.now()))


def test_two_at_one_address(any_db: Database) -> None:
    """Two people with one address each get their own message: its link is its reader's alone."""
    first, second = person(any_db), person(any_db)
    assert (ask(any_db, first), ask(any_db, second)) == (True, True)
    assert books(any_db).deliveries["queued"] == 2
    assert recipient(any_db, first).id != recipient(any_db, second).id
