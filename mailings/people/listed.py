"""A row of somebody's list, read: who is named, where they can be reached, and what is said about their permission."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from mailings.addresses import ReadAddress
from mailings.errors import BadRow
from mailings.model import Basis


@dataclass(slots=True)
class ListedPerson:
    """One readable row. `addresses` holds only valid ones, in order; a row has at least one of them or a mobile number.

    `mobile` as written, `mobile_normal` in E.164 or None. `consent`: what the row itself says; None = nothing. `fields`: further columns of
    Person by name (title, position, phone, ...). `custom`: cells under heads we do not know, by their head.
    """

    row: int  # as a spreadsheet counts, from 1
    name: str = ""
    first_name: str = ""
    middle_name: str = ""
    last_name: str = ""
    addresses: list[ReadAddress] = field(default_factory=list)
    mobile: str = ""
    mobile_normal: str | None = None
    language: str = ""
    country: str = ""
    company: str = ""
    consent: Basis | None = None
    opt_outs: list[str] = field(default_factory=list)
    interests: list[str] = field(default_factory=list)
    fields: dict[str, str] = field(default_factory=dict)
    use_as_postal: bool = False  # letters go to the person's own address (domain.md D.7)
    company_postal: dict[str, str] = field(default_factory=dict)  # street, zip, city, country: where the company's letters go
    custom: dict[str, str | int | float | bool] = field(default_factory=dict)


@dataclass(slots=True)
class ReadList:
    """A list being read. `rows` can be walked once; `problems`, `total` and `notes` are complete when it ends.

    `total`: rows that name somebody or try to, without titles, heads, totals and empty ones. `expected`: a guess at it, None = unknown.
    `most`: past so many of them the walk ends with Unreadable; None = as many as there are.
    """

    file: str
    columns: dict[str, list[str]]  # what was found: {"email": ["E-post"], "custom": ["Skostørrelse"]}; empty heads are "column 3"
    rows: Iterator[ListedPerson]
    problems: list[BadRow] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    total: int = 0
    expected: int | None = None
    most: int | None = None
