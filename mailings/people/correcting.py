"""Corrects an address of a person. How the old one stood, blocked or bounced, stays with the old one."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from mailings.addresses import ReadAddress, read_address
from mailings.errors import BadAddress
from mailings.model import Address, Delivery, DeliveryStatus, Person, Recipient
from mailings.people.finding import person_by_address


@dataclass(frozen=True, slots=True)
class Correction:
    """What was corrected. `shared_with`: names of others who have the new address too; `waiting`: messages that still go to the old one.

    `number` is the person's, `mistaken` that of the address that was wrong.
    """

    person: str
    old: str
    new: str
    shared_with: list[str]
    waiting: int
    number: int
    mistaken: int


def correct(session: Session, old: str, new: str) -> Correction:
    """Put the address `new` in the place of `old`, with its rank. Raises BadAddress or NotFound.

    A mailing under way keeps the addresses it was begun with; resending with reload picks the new one up (domain.md G.6).
    """
    person, before = person_by_address(session, old), read_address(old).normal
    return correct_of(session, next(address for address in person.addresses if address.normal == before), new)


def correct_of(session: Session, mistaken: Address, new: str) -> Correction:
    """The same for one address of one person, whatever it was: also one that could not be read. Raises BadAddress."""
    number, person, before, after = mistaken.id, session.get_one(Person, mistaken.person_id), mistaken.normal, read_address(new)
    if after.normal is None:
        raise BadAddress(f"{new!r} is no e-mail address. {after.problem}")
    _replace(session, person, mistaken, after)
    others = select(Person.name).join(Address).where(Address.normal == after.normal, Person.id != person.id, Person.deleted_at.is_(None))
    waiting = (
        select(func.count())
        .select_from(Recipient)
        .join(Delivery, Delivery.recipient_id == Recipient.id)
        .where(Recipient.person_id == person.id, Recipient.address == before, Delivery.status == DeliveryStatus.QUEUED)
    )
    still = 0 if before == after.normal else session.scalar(waiting) or 0
    return Correction(person.name, before, after.normal, list(session.scalars(others)), still, person.id, number)


def _replace(session: Session, person: Person, mistaken: Address, after: ReadAddress) -> None:
    there = next((address for address in person.addresses if address.normal == after.normal and address is not mistaken), None)
    if there is not None:  # the right one was known as a further address: it moves up
        there.rank = min(there.rank, mistaken.rank)
        person.addresses.remove(mistaken)
    else:
        mistaken.written, mistaken.normal = after.written.strip(), str(after.normal)
        mistaken.valid, mistaken.problem = True, None
    session.flush()
