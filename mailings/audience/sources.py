"""Expands a mailing's sources, in SQL, into the people, companies and bare addresses they name; the first source that names one counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import CTE, ColumnElement, Select, and_, func, literal, select, union_all
from sqlalchemy.orm import Session

from mailings.audience.imported import bare_rows, matched
from mailings.channels import channel_of
from mailings.model import Company, Mailing, Person, Recipient, Selection, Source, SourceKind
from mailings.people.projects import members_of
from mailings.people.selections import People, people_of

Rows = Select[*tuple[Any, ...]]


@dataclass(frozen=True)
class Candidates:
    """Who is named. Each with the `source_id` that counts and its key: person_id, company_id, or name and address."""

    people: Rows
    companies: Rows | None
    bare: Rows | None


def sources_of(session: Session, mailing: Mailing) -> list[Source]:
    """The mailing's sources in their order."""
    return list(session.scalars(select(Source).where(Source.mailing_id == mailing.id).order_by(Source.position)))


def expanded(session: Session, mailing: Mailing) -> Candidates:
    """The candidates as the sources name them now: dynamic selections are evaluated when this is executed (domain.md C.5.1)."""
    sources = sources_of(session, mailing)
    named = _named(session, sources)
    people = _first(named, named.c.person_id, "person_id", mailing.id)
    companies = None
    if mailing.include_companies:
        employer = _employers(named, channel_of(mailing).address_of().company)
        companies = _first(employer, employer.c.company_id, "company_id", mailing.id)
    keeping = [source.id for source in sources if source.kind is SourceKind.IMPORT and source.keep_unknown]
    return Candidates(people, companies, bare_rows(mailing, keeping) if keeping else None)


def on_the_list(mailing: Mailing) -> Candidates:
    """The candidates as the list has them already: for verdicts decided anew without expanding the sources again (D28)."""
    row = Recipient
    people = select(row.source_id, row.person_id).where(row.mailing_id == mailing.id, row.person_id.is_not(None))
    companies = select(row.source_id, row.company_id).where(row.mailing_id == mailing.id, row.company_id.is_not(None))
    nobody = (row.person_id.is_(None), row.company_id.is_(None), row.address.is_not(None))
    bare = select(row.source_id, row.name, row.address).where(row.mailing_id == mailing.id, *nobody)
    return Candidates(people, companies, bare)


def people_named(session: Session, source: Source) -> People:
    """A select of `person_id`: the people one source names. An import names those whose address is in the database (C.4)."""
    match source.kind:
        case SourceKind.SELECTION:
            return people_of(session, session.get_one(Selection, source.selection_id))
        case SourceKind.PROJECT:
            return members_of(source.project_id or 0)
        case SourceKind.PERSON:
            return select(Person.id.label("person_id")).where(Person.id == source.person_id)
        case SourceKind.COMPANY:
            return select(Person.id.label("person_id")).where(Person.company_id == source.company_id)
    return matched(session.get_one(Mailing, source.mailing_id), source.id)


def _named(session: Session, sources: list[Source]) -> CTE:
    parts = []
    for source in sources:
        people = people_named(session, source).subquery()
        parts.append(select(literal(source.position).label("position"), people.c.person_id))
    if not parts:
        parts = [select(literal(0).label("position"), Person.id.label("person_id")).where(Person.id.is_(None))]
    return (union_all(*parts) if len(parts) > 1 else parts[0]).cte("named")


def _employers(named: CTE, address: ColumnElement[Any]) -> CTE:
    """Companies of the people in the list. Only those with an address take part: for the others their people stand in (C.6)."""
    found = select(named.c.position, Company.id.label("company_id")).select_from(named)
    found = found.join(Person, and_(Person.id == named.c.person_id, Person.deleted_at.is_(None), Person.retired.is_(False)))
    found = found.join(Company, Company.id == Person.company_id)
    return found.where(Company.deleted_at.is_(None), address.is_not(None)).cte("employer")


def _first(rows: CTE, key: ColumnElement[int], name: str, mailing_id: int) -> Rows:
    first = select(func.min(rows.c.position).label("position"), key.label(name)).group_by(key).subquery()
    at = and_(Source.mailing_id == mailing_id, Source.position == first.c.position)
    return select(Source.id.label("source_id"), first.c[name]).select_from(first).join(Source, at)
