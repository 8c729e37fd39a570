"""One chunk of an import on its way into the tables: recognised, inserted, filled in; a few statements for a thousand rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Table, insert, select
from sqlalchemy.orm import Session

from mailings import clock
from mailings.addresses import ReadAddress
from mailings.db import among
from mailings.errors import BadRow
from mailings.model import Address, Person
from mailings.people.companies import Companies, key_of
from mailings.people.finding import being_erased, person_ids_by_mobile, person_ids_by_normal
from mailings.people.listed import ListedPerson
from mailings.people.numbering import take_ids

#: what a list may tell of a person, by columns of Person; the company and custom fields come beside them
TOLD = ("name", "first_name", "middle_name", "last_name", "language", "country", "mobile", "mobile_normal")
_PERSON, _ADDRESS = cast(Table, Person.__table__), cast(Table, Address.__table__)  # tables themselves: half the time of mapped classes
FURTHER = ("salutation", "title", "position", "phone", "direct_phone", "street", "zip", "city")

#: nobody comes back unasked: made anew they would be without the no they said
GONE = "This person is being erased. The row was left out; who wants mail again after all is taken back first."


@dataclass(slots=True)
class Chunk:
    """Rows with the person each one is. `created`: person id -> the row that made it; `more`: further addresses by person id."""

    taken: list[tuple[int, ListedPerson]] = field(default_factory=list)
    created: dict[int, ListedPerson] = field(default_factory=dict)
    more: list[tuple[int, ReadAddress]] = field(default_factory=list)
    problems: list[BadRow] = field(default_factory=list)
    companies: dict[str, int] = field(default_factory=dict)

    def company_of(self, row: ListedPerson) -> int | None:
        """The id of the company a row names."""
        return self.companies[key_of(row.company)] if row.company else None


def match(session: Session, listed: Sequence[ListedPerson], companies: Companies, *, keep_unknown: bool) -> Chunk:
    """Say of every row whose it is: by its first known address, by its number where it has no address, else somebody new (D1)."""
    chunk = recognise(session, listed, iter(take_ids(session, Person, len(listed))) if keep_unknown else None)
    chunk.companies = companies.ensure(row.company for _, row in chunk.taken if row.company)
    return chunk


def recognise(session: Session, listed: Sequence[ListedPerson], fresh: Iterator[int] | None, met: Mapping[str, int] | None = None) -> Chunk:
    """The same by reading alone: `fresh` gives ids to those who would be new, None = they are left out.

    `met`: whose each address and number became in earlier chunks, where these were not written.
    """
    owners = {key: met[key] for row in listed for key in _keys(row) if key in met} if met else {}
    owners |= person_ids_by_normal(session, (read.normal for row in listed for read in row.addresses if read.normal))
    owners |= person_ids_by_mobile(session, (row.mobile_normal for row in listed if row.mobile_normal and not row.addresses))
    chunk = Chunk()
    gone = being_erased(session, {key for row in listed for key in _keys(row)} - owners.keys())
    for row in listed:
        owner = next((owners[key] for key in _keys(row) if key in owners), None)
        if owner is None:
            if not gone.isdisjoint(_keys(row)):
                chunk.problems.append(BadRow(row.row, "email" if row.addresses else "mobile", GONE))
                continue
            if fresh is None:
                continue
            owner = next(fresh)
            chunk.created[owner] = row
        _claim(chunk, owners, owner, row)
        chunk.taken.append((owner, row))
    return chunk


def _keys(row: ListedPerson) -> list[str]:
    """What a row is recognised by."""
    return [read.normal for read in row.addresses if read.normal] or [row.mobile_normal or ""]


def _claim(chunk: Chunk, owners: dict[str, int], owner: int, row: ListedPerson) -> None:
    """Give the row's addresses to its person, except those that are somebody else's."""
    if row.mobile_normal:  # a later row may have nothing but this number
        owners.setdefault(row.mobile_normal, owner)
    for read in row.addresses:
        assert read.normal is not None
        if owners.setdefault(read.normal, owner) != owner:
            why = f"{read.normal} belongs to somebody else already. The row was taken without it."
            chunk.problems.append(BadRow(row.row, "email", why))
        else:
            chunk.more.append((owner, read))


def insert_created(session: Session, chunk: Chunk) -> None:
    """Insert the new people of a chunk and every address that is not there yet."""
    now = clock.now()
    if chunk.created:
        session.execute(insert(_PERSON), [_person(chunk, owner, row, now) for owner, row in chunk.created.items()])
    last, there = _ranks(session, {owner for owner, _ in chunk.more} - chunk.created.keys())
    rows = []
    for owner, read in chunk.more:
        if (owner, read.normal) in there:
            continue
        there.add((owner, str(read.normal)))
        last[owner] = last.get(owner, 0) + 1
        rows.append({"person_id": owner, "rank": last[owner], "written": read.written.strip(), "normal": read.normal, "valid": True})
    if rows:
        session.execute(insert(_ADDRESS), rows)


def _ranks(session: Session, owners: set[int]) -> tuple[dict[int, int], set[tuple[int, str]]]:
    """The last rank of each person, and (person, address) of all they have."""
    last: dict[int, int] = {}
    there: set[tuple[int, str]] = set()
    rows = session.execute(select(Address.person_id, Address.rank, Address.normal).where(among(session, Address.person_id, owners)))
    for person_id, rank, normal in rows:
        last[person_id] = max(rank, last.get(person_id, 0))
        there.add((person_id, normal))
    return last, there


def _person(chunk: Chunk, owner: int, row: ListedPerson, now: datetime) -> dict[str, Any]:
    told = {column: getattr(row, column) for column in TOLD} | {column: row.fields.get(column, "") for column in FURTHER}
    told["use_as_postal"] = row.use_as_postal
    return {"id": owner, **told, "custom": row.custom, "company_id": chunk.company_of(row), "created_at": now}
