"""A person who asks our pages for something, and what stands in the ledger about it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import select, update

from mailings import clock
from mailings.clock import now
from mailings.db import Database
from mailings.model import Address, Delivery, Mailing, Person, Recipient
from mailings.sending.books import Books, books_of
from mailings.sending.finding import mailing_named
from mailings.sending.form_responses.system_messages import queue_system_message
from mailings.settings import Settings

SETTINGS = Settings(email_transport="memory", system_from="Fjord Østerlund <post@fjord.test>", company_name="Fjord Østerlund")
DANISH, DUTCH = "system-preferences-link-da", "system-preferences-link-nl"


def person(db: Database, address: str = "ase@fjord.test", language: str = "da", **facts: Any) -> int:
    """Somebody with one valid address; their id."""
    with db.writing() as session:
        made = Person(name="Åse Ødegård", first_name="Åse", language=language, created_at=now(), **facts)
        session.add(made)
        session.flush()
        session.add(Address(person_id=made.id, written=address, normal=address, valid=True))
        session.flush()
        return made.id


def ask(db: Database, person_id: int, which: str = "preferences-link", settings: Settings = SETTINGS) -> bool:
    """The person presses the button."""
    with db.writing() as session:
        return queue_system_message(session, which, person_id, settings)


def messages(db: Database, name: str = DANISH) -> list[tuple[str, int | None]]:
    """Status and `again_of` of every message of the mailing, in order."""
    asked = select(Delivery.status, Delivery.again_of).join(Mailing, Mailing.id == Delivery.mailing_id).where(Mailing.name == name)
    with db.reading() as session:
        return [(str(status), again) for status, again in session.execute(asked.order_by(Delivery.id))]


def books(db: Database, name: str = DANISH) -> Books:
    """The books of the mailing, which always balance."""
    with db.reading() as session:
        found = books_of(session, mailing_named(session, name).id)
    assert found.balanced, found
    return found


def mailing(db: Database, name: str = DANISH) -> Mailing:
    """The mailing as it stands."""
    with db.reading() as session:
        found = mailing_named(session, name)
        session.expunge(found)
        return found


def recipient(db: Database, person_id: int) -> Recipient:
    """The person's row on the only mailing they are on."""
    with db.reading() as session:
        found = session.scalars(select(Recipient).where(Recipient.person_id == person_id)).one()
        session.expunge(found)
        return found


def sent(db: Database, ago: timedelta = timedelta(), status: str = "sent") -> None:
    """Every waiting message was handed over, so long ago."""
    at = clock.now() - ago
    with db.writing() as session:
        waiting = update(Delivery).where(Delivery.status == "queued")
        session.execute(waiting.values(status=status, claimed_at=at, sent_at=at, attempts=1, next_attempt_at=None))
