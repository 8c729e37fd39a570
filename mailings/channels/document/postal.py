"""The postal address of a letter: in one line for the list, as lines for an envelope, and what letters are sorted by (domain.md D.7)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from babel import Locale, UnknownLocaleError
from sqlalchemy import ColumnElement, case, func, null

from mailings.channels import AddressOf
from mailings.content.letter_variables import attention
from mailings.content.postal import EMPTY, at_home, of_company, smart
from mailings.model import Company, Mailing, Person
from mailings.settings import Settings

Column = ColumnElement[Any]
_TOWN_FIRST = frozenset({"US", "CA", "AU", "NZ", "GB", "IE", "IN"})  # the postal code stands behind the town there
_CODE_BELOW = frozenset({"GB", "IE"})  # ... on a line of its own (Royal Mail, An Post)


def address_of() -> AddressOf:
    """The addresses of this channel in one line; NULL where a letter would find nobody. Somebody who is only imported has none."""
    return AddressOf(_or_null(smart().one_line, smart().city), _or_null(of_company().one_line, of_company().city), null())


def _or_null(address: Column, city: Column) -> Column:
    return case((city != EMPTY, address), else_=null())


def envelope_columns(mailing: Mailing) -> tuple[Column, ...]:
    """What `lines_of` makes an envelope of, over Recipient, Person and Company; no column is NULL."""
    address = smart()
    company = case((at_home(), EMPTY), else_=func.coalesce(Company.name, EMPTY))
    return (attention(mailing), company, address.street, address.zip, address.city, address.country)


def lines_of(row: Sequence[str], settings: Settings) -> tuple[str, ...]:
    """The lines of an envelope for the values of `envelope_columns`: for whom, company, street, town, and a country that is not ours."""
    attn, company, street, code, city, country = row
    abroad = country not in ("", settings.default_country)
    where = country or settings.default_country
    lines = [attn, company, *street.splitlines(), *_town(where, code, city), _country(country, settings.language) if abroad else ""]
    return tuple(dict.fromkeys(" ".join(line.split()) for line in lines if line.strip()))


def _town(country: str, code: str, city: str) -> tuple[str, ...]:
    if country in _CODE_BELOW:
        return (city, code)
    return (f"{city} {code}",) if country in _TOWN_FIRST else (f"{code} {city}",)


@lru_cache(maxsize=512)
def _country(code: str, language: str) -> str:
    """In the language of who posts it, so that their post office can read it, and in capitals (UPU S42)."""
    for candidate in (language[:2].replace("no", "nb"), "en"):
        try:
            return str(Locale.parse(candidate).territories.get(code, code)).upper()
        except (ValueError, UnknownLocaleError):
            continue
    raise AssertionError("Babel knows English")


#: `document.sort` in mailing.yaml -> what letters lie in order of (domain.md D.7); the delivery's number decides among equals
SORTS = ("none", "country", "company", "number", "last_name")


def sort_columns(sort: str) -> tuple[Column, ...]:
    """By what letters are sorted, over Person and Company; no column is NULL. `none` = in the order of the list."""
    address = smart()
    by: dict[str, tuple[Any, ...]] = {
        "country": (address.country, address.zip, func.lower(address.city)),
        "company": (_lower(Company.name), _lower(Person.last_name)),
        "number": (
            func.coalesce(func.length(Company.number), 0),
            func.coalesce(Company.number, EMPTY),
            _lower(Person.last_name),
        ),  # 9 before 10
        "last_name": (_lower(Person.last_name), _lower(Person.first_name)),
    }
    return by.get(sort, ())


def _lower(column: Any) -> Column:
    return func.coalesce(func.lower(column), EMPTY)
