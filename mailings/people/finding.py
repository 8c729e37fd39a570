"""Finds people by what is written on an envelope: an e-mail address in any of its forms."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from mailings.addresses import read_address
from mailings.db import among
from mailings.errors import BadAddress, NotFound
from mailings.model import Address, Person


def person_by_address(session: Session, text: str) -> Person:
    """The person with this address, the one known longest where several share it. Raises BadAddress or NotFound."""
    read = read_address(text)
    if read.normal is None:
        raise BadAddress(f"{text!r} is no e-mail address. {read.problem}")
    found = person_ids_by_normal(session, [read.normal]).get(read.normal)
    person = session.get(Person, found) if found is not None else None
    if person is None:
        raise NotFound(f"Nobody has the address {read.normal}; people are added with: mailings people import FILE")
    return person


def person_ids_by_normal(session: Session, normals: Iterable[str]) -> dict[str, int]:
    """normal address -> person id, for those that belong to somebody who is not deleted; the lowest id where several share one."""
    owner = select(Address.normal, func.min(Address.person_id)).join(Person, Person.id == Address.person_id)
    owner = owner.where(among(session, Address.normal, set(normals)), Address.valid, Person.deleted_at.is_(None))
    return dict(session.execute(owner.group_by(Address.normal)).all())


def being_erased(session: Session, keys: Collection[str]) -> set[str]:
    """Which of these normal addresses and E.164 numbers somebody has who is deleted and not yet erased for good."""
    addresses = select(Address.normal).join(Person, Person.id == Address.person_id)
    found = set(session.scalars(addresses.where(among(session, Address.normal, keys), Person.deleted_at.is_not(None))))
    numbers = select(Person.mobile_normal).where(Person.deleted_at.is_not(None), among(session, Person.mobile_normal, keys))
    return found | set(filter(None, session.scalars(numbers)))


def person_ids_by_mobile(session: Session, numbers: Iterable[str]) -> dict[str, int]:
    """E.164 number -> person id; of several somebody without any address, else who is known longest. Without deleted people."""
    reached = exists().where(Address.person_id == Person.id)
    owner = select(Person.mobile_normal, Person.id).where(among(session, Person.mobile_normal, set(numbers)), Person.deleted_at.is_(None))
    rows = session.execute(owner.order_by(reached.desc(), Person.id.desc()))
    return {number: person_id for number, person_id in rows if number is not None}
