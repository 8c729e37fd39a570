"""Finds people by what is written on an envelope: an e-mail address in any of its forms."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from mailings.addresses import read_address
from mailings.errors import BadAddress, NotFound
from mailings.model import Address, Person

LOOK_UP = 500  #: keys in one IN list: below SQLite's old limit of 999 variables


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
    found: dict[str, int] = {}
    for some in _portions(normals):
        owner = select(Address.normal, func.min(Address.person_id)).join(Person, Person.id == Address.person_id)
        owner = owner.where(Address.normal.in_(some), Address.valid, Person.deleted_at.is_(None)).group_by(Address.normal)
        found.update((normal, person_id) for normal, person_id in session.execute(owner))
    return found


def person_ids_by_mobile(session: Session, numbers: Iterable[str]) -> dict[str, int]:
    """E.164 number -> person id, the lowest where several share one. Without deleted people."""
    found: dict[str, int] = {}
    for some in _portions(numbers):
        owner = select(Person.mobile_normal, func.min(Person.id)).where(Person.mobile_normal.in_(some), Person.deleted_at.is_(None))
        found.update((number, person_id) for number, person_id in session.execute(owner.group_by(Person.mobile_normal)) if number)
    return found


def _portions(keys: Iterable[str]) -> Iterator[tuple[str, ...]]:
    remaining = iter(dict.fromkeys(keys))
    while portion := tuple(islice(remaining, LOOK_UP)):
        yield portion
