"""Looks people up by the beginning of a name or an address: a page at a time, as quick among a million as among ten."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, func, select, union
from sqlalchemy.orm import Session

from mailings.addresses import read_address
from mailings.db import among
from mailings.model import Address, AddressStanding, Company, Person

PAGE = 50  # people on a page
LAST = "\U0010ffff"  # behind every letter there is


class Found(NamedTuple):
    """A person as a list shows them; `trouble` = their first address is blocked or bounced."""

    id: int
    name: str
    address: str | None
    company: str | None
    retired: bool
    no_mailings: bool
    trouble: bool


def people_found(session: Session, text: str, after: int = 0, limit: int = PAGE + 1) -> Sequence[Found]:
    """Whose name, last name or address begins with `text`, in capitals or small letters as people write them; by number, behind `after`.

    An empty text finds everybody; deleted people nobody finds.
    """
    text = " ".join(text.split())
    there = (Person.deleted_at.is_(None), Person.id > after)
    if not text:
        return _rows(session, select(Person.id).where(*there).order_by(Person.id).limit(limit))
    parts = [select(Person.id).where(*there, _begins(session, column, spelled)) for spelled in _spelled(text) for column in _NAMES]
    owners = select(Person.id).join(Address, Address.person_id == Person.id).where(*there, _begins(session, Address.normal, as_kept(text)))
    first = [part.order_by(Person.id).limit(limit).subquery() for part in (*parts, owners.distinct())]
    found = union(*(select(part.c.id) for part in first)).subquery()
    return _rows(session, select(found.c.id).order_by(found.c.id).limit(limit))


def members_page(session: Session, people: Select[Any], after: int = 0, limit: int = PAGE + 1) -> Sequence[Found]:
    """A page of the people whom a select of `person_id` names (people/selections.py), by number, behind `after`."""
    named = people.subquery()
    found = select(Person.id).join(named, named.c.person_id == Person.id).where(Person.deleted_at.is_(None), Person.id > after)
    return _rows(session, found.order_by(Person.id).limit(limit))


def as_kept(text: str) -> str:
    """The beginning of an address as tables have it: in small letters, the domain of a whole one as the DNS has it."""
    return (read_address(text).normal if "@" in text else None) or text.lower()


_NAMES = (Person.name, Person.last_name)


def _spelled(text: str) -> list[str]:
    """As names are written: åse ødegård is also Åse Ødegård and ÅSE ØDEGÅRD."""
    return list(dict.fromkeys((text, text.lower(), text.title(), text[:1].upper() + text[1:], text.upper())))


def _begins(session: Session, column: Any, start: str) -> ColumnElement[bool]:
    """A range on SQLite and a pattern on PostgreSQL: what each finds by an index."""
    if session.get_bind().dialect.name == "sqlite":
        return and_(column >= start, column < start + LAST)
    escaped = start.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return column.like(escaped + "%", escape="\\")  # type: ignore[no-any-return]


def _rows(session: Session, ids: Select[Any]) -> Sequence[Found]:
    wanted = list(session.scalars(ids))
    first = select(Address.normal).where(Address.person_id == Person.id).order_by(Address.rank, Address.id).limit(1)
    usual = first.correlate(Person).scalar_subquery()  # said, for it stands within another select, too
    standing = select(AddressStanding.normal).where(AddressStanding.normal == usual, _in_trouble()).correlate(Person).exists()
    columns = (Person.id, Person.name, usual, Company.name, Person.retired, Person.no_mailings, standing)
    rows = select(*columns).outerjoin(Company, Company.id == Person.company_id).where(among(session, Person.id, wanted)).order_by(Person.id)
    return [Found(*row) for row in session.execute(rows)]


def _in_trouble() -> ColumnElement[bool]:
    return func.coalesce(AddressStanding.blocked_at, AddressStanding.stopped_at, AddressStanding.complained_at).is_not(None) | (
        AddressStanding.bounces > 0
    )
