"""Fills in what a list tells of people and companies who are known already, where nothing was known."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from mailings.db import among
from mailings.model import Company, Person
from mailings.people.listed import ListedPerson
from mailings.people.storing import FURTHER, TOLD, Chunk

ADDRESS = ("street", "zip", "city")


def fill_matched(session: Session, chunk: Chunk) -> int:
    """Fill in what was empty of the people recognised; nothing known is overwritten. Returns how many people changed."""
    rows = [(owner, row) for owner, row in chunk.taken if chunk.created.get(owner) is not row]
    known = _known(session, {owner for owner, _ in rows})
    changed: dict[int, dict[str, Any]] = {}
    for owner, row in rows:
        before = known[owner]
        missing = _missing(before, row, chunk.company_of(row))
        before |= missing
        if missing:
            changed.setdefault(owner, {"id": owner}).update(missing)
    for columns in {tuple(sorted(change)) for change in changed.values()}:  # statements of one shape go together
        session.execute(update(Person), [change for change in changed.values() if tuple(sorted(change)) == columns])
    return len(changed)


def fill_companies(session: Session, chunk: Chunk) -> None:
    """Give companies the postal address a list tells of them, where none is known; the first row that tells one decides."""
    told: dict[int, dict[str, Any]] = {}
    for _, row in chunk.taken:
        if (company_id := chunk.company_of(row)) is not None and row.company_postal:
            told.setdefault(company_id, {f"postal_{part}": text for part, text in row.company_postal.items()})
    unknown = select(Company.id).where(
        among(session, Company.id, told), Company.postal_street == "", Company.postal_zip == "", Company.postal_city == ""
    )
    filled = [{"id": company_id, **told[company_id]} for company_id in session.scalars(unknown)] if told else []
    if filled:
        session.execute(update(Company), filled)


def _missing(known: dict[str, Any], row: ListedPerson, company_id: int | None) -> dict[str, Any]:
    """What the row tells and nobody knew. Parts of a name come with the name they belong to, a number with its spelling."""
    told: dict[str, Any] = {"language": row.language, "company_id": company_id, **_address(known, row)}
    told |= {column: text for column, text in row.fields.items() if column not in ADDRESS}
    if not known["name"] or known["name"] == row.name:
        told |= {"name": row.name, "first_name": row.first_name, "middle_name": row.middle_name, "last_name": row.last_name}
    if known["mobile_normal"] is None and row.mobile_normal:
        told |= {"mobile": row.mobile, "mobile_normal": row.mobile_normal}
    missing = {column: value for column, value in told.items() if value and not known[column]}
    if row.custom.keys() - known["custom"].keys():
        missing["custom"] = row.custom | known["custom"]
    return missing


def _address(known: dict[str, Any], row: ListedPerson) -> dict[str, Any]:
    """The address a row tells, with its country, whole or not at all: parts of two would make one that there is not.

    Only where no part of an address is known and the country is no other. A country alone may be that of another address too.
    """
    told = {part: row.fields.get(part, "") for part in ADDRESS}
    there = {part: known[part] for part in ADDRESS}
    abroad = bool(row.country and known["country"]) and row.country != known["country"]
    if (any(told.values()) and abroad) or (any(there.values()) and there != told):
        return {} if any(told.values()) else {"use_as_postal": row.use_as_postal}
    return {**told, "country": row.country, "use_as_postal": row.use_as_postal}


def _known(session: Session, owners: set[int]) -> dict[int, dict[str, Any]]:
    wanted = [getattr(Person, column) for column in ("id", *TOLD, *FURTHER, "use_as_postal", "company_id", "custom")]
    rows = session.execute(select(*wanted).where(among(session, Person.id, owners)))
    return {row.id: dict(row._mapping) for row in rows}
