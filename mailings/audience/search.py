"""Finds recipients of a mailing by how a name or an address begins, by way of indexes: a million of them as quickly as ten."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Boolean, CompoundSelect, Select, or_, select, union
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from mailings.addresses import read_address
from mailings.model import Address, Company, Person, Recipient


class begins(FunctionElement[bool]):  # noqa: N801  reads as what it asks
    """Whether a name begins so: a range of code points, which an index serves on both databases."""

    type = Boolean()
    inherit_cache = True


class address_begins(FunctionElement[bool]):  # noqa: N801
    """Whether an address begins so: a range in the database's usual order, in which the indexes on addresses stand."""

    type = Boolean()
    inherit_cache = True


@compiles(begins)
@compiles(address_begins)
def _range(element: FunctionElement[bool], compiler: Any, **how: Any) -> str:
    column, beginning = (compiler.process(part, **how) for part in element.clauses)
    return f"({column} >= {beginning} AND {column} < ({beginning} || char(1114111)))"


@compiles(begins, "postgresql")
def _range_of_pattern(element: begins, compiler: Any, **how: Any) -> str:
    """In the words of an index with text_pattern_ops: the usual order of letters knows no beginnings."""
    column, beginning = (compiler.process(part, **how) for part in element.clauses)
    return f"({column} ~>=~ CAST({beginning} AS TEXT) AND {column} ~<~ (CAST({beginning} AS TEXT) || chr(1114111)))"


@compiles(address_begins, "postgresql")
def _range_and_check(element: address_begins, compiler: Any, **how: Any) -> str:
    """Languages order letters so that others stand between those that begin alike."""
    column, text = (compiler.process(part, **how) for part in element.clauses)
    between = f"{column} >= CAST({text} AS TEXT) AND {column} < (CAST({text} AS TEXT) || chr(1114111))"
    return f"({between} AND starts_with({column}, CAST({text} AS TEXT)))"


def found(mailing_id: int, text: str) -> CompoundSelect[int]:
    """Ids of the mailing's recipients whose name or address, or whose company's where the company gets it, begins with `text`."""
    told = text.strip()
    return union(*_named(mailing_id, told), *([] if " " in told else _at(mailing_id, told)))


def _named(mailing_id: int, text: str) -> list[Select[int]]:
    """By name, as it is written or with the usual capitals."""
    words = sorted({text, text.lower(), text.title(), text[:1].upper() + text[1:]})
    people, companies, bare = (or_(*(begins(column, word) for word in words)) for column in (Person.name, Company.name, Recipient.name))
    return [
        _ours(mailing_id).join(Person, Person.id == Recipient.person_id).where(people),
        _ours(mailing_id).join(Person, Person.id == Recipient.person_id).where(or_(*(begins(Person.last_name, word) for word in words))),
        _ours(mailing_id).join(Company, Company.id == Recipient.company_id).where(companies),
        _ours(mailing_id).where(Recipient.name.is_not(None), bare),
    ]


def _at(mailing_id: int, text: str) -> list[Select[int]]:
    lower = text.lower()
    normal = (read_address(lower).normal or lower) if "@" in lower else lower
    bare = (Recipient.person_id.is_(None), Recipient.company_id.is_(None))  # in the words of its index
    return [
        _ours(mailing_id).join(Address, Address.person_id == Recipient.person_id).where(address_begins(Address.normal, normal)),
        _ours(mailing_id).join(Company, Company.id == Recipient.company_id).where(address_begins(Company.email_normal, normal)),
        _ours(mailing_id).where(*bare, address_begins(Recipient.address, normal)),
    ]


def _ours(mailing_id: int) -> Select[int]:
    return select(Recipient.id).where(Recipient.mailing_id == mailing_id)
