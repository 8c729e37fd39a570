"""A draft's sources and the rows of its imported lists, stored so that no run reads the folder again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from mailings.audience.draft_names import PlannedSource
from mailings.audience.sources import sources_of
from mailings.errors import Unreadable
from mailings.model import ImportedRow, Mailing, Recipient, Source, SourceKind
from mailings.people.lists import read_list
from mailings.planner import grown
from mailings.settings import settings

ROWS = ImportedRow.metadata.tables["imported_row"]
PORTION = 5_000  # imported rows a statement
KEYS = {
    SourceKind.SELECTION: "selection_id",
    SourceKind.PROJECT: "project_id",
    SourceKind.PERSON: "person_id",
    SourceKind.COMPANY: "company_id",
}


def store_sources(session: Session, mailing: Mailing, planned: list[PlannedSource]) -> list[Source]:
    """The draft's sources in their order. Unchanged ones stay, so that the list only changes where its people do."""
    made = [_source(mailing, plan, position) for position, plan in enumerate(planned, 1)]
    stored = sources_of(session, mailing)
    if [_what(source) for source in stored] == [_what(source) for source in made]:
        return stored
    session.execute(delete(Recipient).where(Recipient.mailing_id == mailing.id))
    session.execute(delete(Source).where(Source.mailing_id == mailing.id))
    mailing.populated_at = None
    session.add_all(made)
    session.flush()
    return made


def store_list(session: Session, source: Source, file: Path) -> list[str]:
    """The rows of an import's file, in place of those it had. Returns a sentence for every row that cannot be taken.

    Raises Unreadable when the file is no list of people.
    """
    session.execute(delete(ImportedRow).where(ImportedRow.source_id == source.id))
    try:
        read = read_list(file, settings().default_country)
        for portion in _portions(_row(source.id, person) for person in read.rows):
            session.execute(insert(ImportedRow), portion)
    except Unreadable as error:
        raise Unreadable(f"The import {source.label!r} cannot be taken: {error}") from error
    taken = session.scalar(select(func.count()).where(ImportedRow.source_id == source.id))
    grown(session, ROWS, taken or 0)
    if not taken:
        raise Unreadable(f"The import {source.label!r} has no row with an e-mail address or mobile number.")
    return [f"{source.label}: {problem}" for problem in read.problems]


def _row(source_id: int, person: Any) -> dict[str, Any]:
    address = person.addresses[0] if person.addresses else None
    return {
        "source_id": source_id,
        "row": person.row,
        "name": person.name,
        "written": address.written if address else "",
        "normal": address.normal if address else None,
        "mobile_normal": person.mobile_normal,
    }


def _portions(rows: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    remaining = iter(rows)
    while portion := list(islice(remaining, PORTION)):
        yield portion


def _source(mailing: Mailing, plan: PlannedSource, position: int) -> Source:
    made = Source(
        mailing_id=mailing.id,
        position=position,
        kind=plan.kind,
        label=plan.label,
        archive=plan.archive,
        basis=plan.basis,
        keep_unknown=plan.keep_unknown,
    )
    if plan.kind in KEYS:
        setattr(made, KEYS[plan.kind], plan.key)
    return made


def _what(source: Source) -> tuple[object, ...]:
    return (
        source.kind,
        source.label,
        source.archive,
        source.basis,
        source.keep_unknown,
        *(getattr(source, key) for key in KEYS.values()),
    )
