"""Finds recipients of a mailing by how a name or an address begins, by way of indexes: a million of them as quickly as ten."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import phonenumbers
from sqlalchemy import Boolean, ColumnElement, CompoundSelect, Select, select, union
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from mailings.model import Address, Company, Person, Recipient
from mailings.people.searching import as_kept
from mailings.settings import settings

_GROUPS = re.compile(r"[\s()./\-]")
_DIGITS = re.compile(r"\+?[0-9]{4,15}")


class _Range(FunctionElement[bool]):
    """A condition of two comparisons."""

    type = Boolean()
    inherit_cache = True

    def self_group(self, against: Any = None) -> Any:
        """As it is: SQLAlchemy would write `(...) = 1` on SQLite, which no index serves."""
        return self


class begins(_Range):  # noqa: N801  reads as what it asks
    """Whether a name begins so: a range of code points, which an index serves on both databases."""

    inherit_cache = True


class address_begins(_Range):  # noqa: N801
    """Whether an address begins so: a range in the database's usual order, in which the indexes on addresses stand."""

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


_THERE = Person.deleted_at.is_(None)  # who is to be erased is found by nobody


def found(mailing_id: int, text: str) -> CompoundSelect[int]:
    """Ids of the mailing's recipients whose name or address, or whose company's where the company gets it, begins with `text`.

    One select for each way it may be written: a range that is ORed with another is served by no index.
    """
    told = text.strip()
    return union(*_named(mailing_id, told), *([] if " " in told else _at(mailing_id, told)), *_called(mailing_id, told))


def _named(mailing_id: int, text: str) -> Iterator[Select[int]]:
    """By name, as it is written or with the usual capitals."""
    for word in sorted({text, text.lower(), text.title(), text[:1].upper() + text[1:]}):
        yield _who(mailing_id).where(Recipient.person_id.in_(select(Person.id).where(begins(Person.name, word), _THERE)))
        yield _who(mailing_id).where(Recipient.person_id.in_(select(Person.id).where(begins(Person.last_name, word), _THERE)))
        yield _firm(mailing_id, begins(Company.name, word))
        yield _listed(mailing_id).where(Recipient.name.is_not(None), begins(Recipient.name, word))


def _at(mailing_id: int, text: str) -> Iterator[Select[int]]:
    normal = as_kept(text)
    bare = (Recipient.person_id.is_(None), Recipient.company_id.is_(None))  # in the words of its index
    theirs = select(Address.person_id).join(Person, Person.id == Address.person_id).where(address_begins(Address.normal, normal), _THERE)
    yield _who(mailing_id).where(Recipient.person_id.in_(theirs))
    yield _firm(mailing_id, address_begins(Company.email_normal, normal))
    yield _listed(mailing_id).where(*bare, address_begins(Recipient.address, normal))


def _called(mailing_id: int, text: str) -> Iterator[Select[int]]:
    """By a mobile number, with or without a country's code, in whatever groups it is written."""
    digits = _GROUPS.sub("", text)
    if not _DIGITS.fullmatch(digits):
        return
    code = phonenumbers.country_code_for_region(settings().default_country)
    begun = {digits} if digits[0] == "+" else {f"+{digits.removeprefix('00')}", f"+{code}{digits.removeprefix('0')}"}
    bare = (Recipient.person_id.is_(None), Recipient.company_id.is_(None))  # in the words of its index
    for number in sorted(begun):
        theirs = select(Person.id).where(address_begins(Person.mobile_normal, number), _THERE)
        yield _who(mailing_id).where(Recipient.person_id.in_(theirs))
        yield _listed(mailing_id).where(*bare, address_begins(Recipient.address, number))


def _who(mailing_id: int) -> Select[int]:
    """Who is found elsewhere, and then on the list: with the "+ 0" SQLite does not walk a million of the list first (7 s)."""
    return select(Recipient.id).where(Recipient.mailing_id + 0 == mailing_id)


def _firm(mailing_id: int, rule: ColumnElement[bool]) -> Select[int]:
    return _who(mailing_id).where(Recipient.company_id.is_not(None), Recipient.company_id.in_(select(Company.id).where(rule)))


def _listed(mailing_id: int) -> Select[int]:
    return select(Recipient.id).where(Recipient.mailing_id == mailing_id)
