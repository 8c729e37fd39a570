"""Who clicked a link, of which mailing, when; and all of them put into a selection or project (domain.md E.4)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import case, func, literal, or_, select
from sqlalchemy.orm import Session

from mailings.db import insert_into
from mailings.model import (
    Company,
    Delivery,
    Event,
    EventReading,
    Mailing,
    Person,
    Project,
    ProjectMember,
    Recipient,
    Selection,
    SelectionMember,
)
from mailings.tracking.counting import Chosen

STREAMED = 1_000  # rows fetched at a time


@dataclass(frozen=True, slots=True)
class Clicker:
    """Somebody who clicked. `person` None = nobody of the database: known by the address alone."""

    person: int | None
    name: str
    address: str
    mailing: str
    first: datetime
    last: datetime
    clicks: int


def clickers(session: Session, chosen: Chosen, limit: int | None = None) -> Iterator[Clicker]:
    """Who clicked, each once for each mailing, who came first coming first; fetched as they are walked.

    Who is erased, or to be erased, is counted without a name.
    """
    columns = (_PERSON, _NAME, _ADDRESS, Mailing.name, func.min(Event.at), func.max(Event.at), func.count())
    rows = _of_people(select(*columns), chosen)
    rows = rows.join(Mailing, Mailing.id == Delivery.mailing_id).outerjoin(Person, Person.id == Recipient.person_id)
    rows = rows.outerjoin(Company, Company.id == Recipient.company_id)
    rows = rows.group_by(Recipient.id, Person.id, Company.id, Mailing.id).order_by(func.min(Event.at), Recipient.id).limit(limit)
    for row in session.execute(rows.execution_options(yield_per=STREAMED)):
        yield Clicker(*row)


def into_selection(session: Session, chosen: Chosen, selection: Selection) -> tuple[int, int]:
    """Put the people who clicked into a static selection. How many are new in it, and how many clickers are no people of the database."""
    return _put(session, chosen, (SelectionMember, "selection_id", selection.id))


def into_project(session: Session, chosen: Chosen, project: Project) -> tuple[int, int]:
    """Put the people who clicked into a project. How many are new in it, and how many clickers are no people of the database."""
    return _put(session, chosen, (ProjectMember, "project_id", project.id))


def _put(session: Session, chosen: Chosen, into: tuple[Any, str, int]) -> tuple[int, int]:
    rows, owner, key = into
    human = _of_people(select(Recipient.id, Recipient.person_id), chosen).distinct().subquery()
    known = select(literal(key), Person.id).where(Person.id.in_(select(human.c.person_id)), Person.deleted_at.is_(None))
    there = select(func.count()).select_from(rows).where(rows.__table__.c[owner] == key)
    before = session.scalar(there) or 0
    joined = insert_into(session, rows.__table__).from_select([owner, "person_id"], known, include_defaults=False)
    session.execute(joined.on_conflict_do_nothing())
    people = select(Person.id).where(Person.deleted_at.is_(None))
    strangers = select(func.count()).select_from(human).where(or_(human.c.person_id.is_(None), human.c.person_id.not_in(people)))
    return (session.scalar(there) or 0) - before, session.scalar(strangers) or 0


_THERE = Person.deleted_at.is_(None)
_PERSON = case((_THERE, Recipient.person_id))
_NAME = case((_THERE, func.coalesce(func.nullif(Person.name, ""), Company.name, Recipient.name, "")), else_="")
_ADDRESS = case((_THERE, func.coalesce(Recipient.address, "")), else_="")


def _of_people(columns: Any, chosen: Chosen) -> Any:
    """The link's clicks that count and are no machine's, with their recipients."""
    rows = chosen.clicks(columns).join(Recipient, Recipient.id == Delivery.recipient_id)
    return rows.where(EventReading.machine.is_(None))
