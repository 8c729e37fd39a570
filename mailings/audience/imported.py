"""The rows of an imported list: whose each is by the channel's address, and which are nobody's (domain.md C.4, D1)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select, union

from mailings.channels import CHANNELS
from mailings.model import Address, ImportedRow, Mailing, Person, Source
from mailings.people.selections import People


def reached_at(mailing: Mailing) -> ColumnElement[Any]:
    """The column of an imported row that the mailing's channel reaches somebody by: the number for text messages, else the address."""
    column = ImportedRow.mobile_normal if CHANNELS[mailing.type] == "sms" else ImportedRow.normal
    return column.expression


def matched(mailing: Mailing, source_id: int) -> People:
    """A select of `person_id`: the people a list names. For text messages by the number, or, where nobody has it, by the e-mail address."""
    theirs = and_(ImportedRow.source_id == source_id, Person.deleted_at.is_(None))
    by_address = _one(ImportedRow.normal.expression).join(Address, Address.normal == ImportedRow.normal)
    by_address = by_address.join(Person, Person.id == Address.person_id).where(theirs)
    if CHANNELS[mailing.type] != "sms":
        return by_address
    by_number = _one(ImportedRow.mobile_normal.expression).join(Person, Person.mobile_normal == ImportedRow.mobile_normal).where(theirs)
    both = union(by_number, by_address.where(~_number_is_known())).subquery()
    return select(both.c.person_id)


def is_unknown(mailing: Mailing) -> ColumnElement[bool]:
    """True for imported rows that are nobody's in the database, not even somebody's deleted (who must not come back this way)."""
    address = select(Address.id).where(Address.normal == ImportedRow.normal).correlate(ImportedRow).exists()
    return ~or_(address, _number_is_known()) if CHANNELS[mailing.type] == "sms" else ~address


def bare_rows(mailing: Mailing, source_ids: list[int]) -> Select[*tuple[Any, ...]]:
    """source_id, name and address of the rows that nobody in the database is; the first of each address counts."""
    address = reached_at(mailing)
    turn = func.row_number().over(partition_by=address, order_by=(Source.position, ImportedRow.row))
    rows = select(ImportedRow.source_id, ImportedRow.name, address.label("address"), turn.label("turn"))
    rows = rows.join(Source, Source.id == ImportedRow.source_id)
    ordered = rows.where(ImportedRow.source_id.in_(source_ids), address.is_not(None), is_unknown(mailing)).subquery()
    return select(ordered.c.source_id, ordered.c.name, ordered.c.address).where(ordered.c.turn == 1)


def _one(key: ColumnElement[Any]) -> Select[Any]:
    # several people with one address: whoever still works there, then whoever came first
    working = func.min(case((Person.retired.is_(False), Person.id)))
    return select(func.coalesce(working, func.min(Person.id)).label("person_id")).select_from(ImportedRow).group_by(key)


def _number_is_known() -> ColumnElement[bool]:
    return select(Person.id).where(Person.mobile_normal == ImportedRow.mobile_normal).correlate(ImportedRow).exists()
