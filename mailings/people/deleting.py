"""Deletes a person: in force at once, off every list, found by nobody; can be taken back until they are erased for good (domain.md F.4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from mailings import clock
from mailings.addresses import read_address
from mailings.consent.cancelling import cancel_queued
from mailings.errors import BadAddress, NotAllowed, NotFound
from mailings.model import Address, Person
from mailings.people.erasing import recipients_of_person

REASON = "The person is being erased."


@dataclass(frozen=True, slots=True)
class Deleted:
    """What deleting did: queued messages that were cancelled, and until when it can be taken back."""

    cancelled: int
    until: datetime


def delete(session: Session, person: Person, days: int, by: str | None = None) -> Deleted:
    """Take the person off every list, now; everything about them stays for `days` more, to be taken back. A first moment is kept.

    Messages being handed over this moment are too late; those that come back for another try are cancelled then (sending/rechecking.py).
    """
    _wait_for_lists(session)
    if person.deleted_at is None:
        person.deleted_at = clock.now()
        session.flush()
    normals = [*(address.normal for address in person.addresses), *([person.mobile_normal] if person.mobile_normal else [])]
    cancelled = cancel_queued(session, recipients_of_person(person.id, normals), REASON, by)
    return Deleted(cancelled, until(person, days))


def until(person: Person, days: int) -> datetime:
    """The moment from which somebody deleted is erased for good."""
    return (person.deleted_at or clock.now()) + timedelta(days=days)


def take_back(session: Session, person: Person) -> None:
    """Let the person be there again, with everything held about them; messages that were cancelled stay so. Raises NotAllowed."""
    if person.deleted_at is None:
        raise NotAllowed(f"{person.name or 'The person'} is not being erased; there is nothing to take back.")
    person.deleted_at = None
    session.flush()


def deleted_by_address(session: Session, written: str) -> Person:
    """Who has this address and is being erased, deleted last where there are several. Raises BadAddress or NotFound."""
    read = read_address(written)
    if read.normal is None:
        raise BadAddress(f"{written!r} is no e-mail address. {read.problem}")
    rows = select(Person).join(Address, Address.person_id == Person.id).where(Address.normal == read.normal, Person.deleted_at.is_not(None))
    found = session.scalars(rows.order_by(Person.deleted_at.desc(), Person.id).limit(1)).first()
    if found is None:
        raise NotFound(f"Nobody with the address {read.normal} is being erased.")
    return found


def deleted_people(session: Session, limit: int) -> Sequence[Person]:
    """Who is being erased, the next to go first."""
    rows = select(Person).where(Person.deleted_at.is_not(None)).order_by(Person.deleted_at, Person.id)
    return session.scalars(rows.limit(limit)).all()


def overdue(session: Session, days: int, limit: int) -> list[int]:
    """Ids of people deleted `days` ago or longer, held until the transaction ends; whom another run holds is left to it."""
    before = clock.now() - timedelta(days=days)
    rows = select(Person.id).where(Person.deleted_at.is_not(None), Person.deleted_at <= before).order_by(Person.deleted_at, Person.id)
    return list(session.scalars(rows.limit(limit).with_for_update(skip_locked=True)))


def _wait_for_lists(session: Session) -> None:
    """A mailing that decides its verdicts this moment queues before we cancel (sending/rechecking.hold_still); SQLite has one writer."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("LOCK TABLE consent IN ROW EXCLUSIVE MODE"))
