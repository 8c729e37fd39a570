"""Follows up: chosen recipients put into a selection or project, in one statement however many they are (domain.md C.11)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, literal, select, true
from sqlalchemy.orm import Session

from mailings.db import insert_into
from mailings.errors import NotAllowed
from mailings.model import Person, Project, ProjectMember, Recipient, Selection, SelectionKind, SelectionMember


@dataclass(frozen=True, slots=True)
class Known:
    """How many of the chosen are `people` of the database, each counted once, and how many `strangers` nobody can add."""

    people: int
    strangers: int


@dataclass(frozen=True, slots=True)
class Added:
    """What adding came to: how many are new, how many were there, how many recipients are no people of the database."""

    new: int
    there: int
    strangers: int


def people_into(session: Session, people: Select[int], into: Selection | Project) -> int:
    """Put people into a static selection or a project; how many are new in it. Raises NotAllowed as `put_into` does."""
    if isinstance(into, Project):
        return _join(session, people, (ProjectMember, "project_id", into.id))
    _must_be_static(into)
    return _join(session, people, (SelectionMember, "selection_id", into.id))


def known(session: Session, chosen: Select[int]) -> Known:
    """Who of the chosen recipients can be added to anything: people who are in the database, and stay there."""
    all_of_them = session.scalar(select(func.count()).select_from(chosen.subquery())) or 0
    found = _people(chosen).subquery()
    people, rows = session.execute(select(func.count(found.c[0].distinct()), func.count()).select_from(found)).one()
    return Known(people, all_of_them - rows)


def put_into(session: Session, chosen: Select[int], into: Selection | Project) -> Added:
    """Put the people among the chosen recipients there. Raises NotAllowed for a selection that has a condition instead of members."""
    asked = known(session, chosen)
    new = people_into(session, _people(chosen), into)
    return Added(new, asked.people - new, asked.strangers)


def _people(chosen: Select[int]) -> Select[int]:
    ids = chosen.subquery()
    rows = select(Person.id).select_from(Recipient).join(ids, ids.c[0] == Recipient.id)
    return rows.join(Person, Person.id == Recipient.person_id).where(Person.deleted_at.is_(None))


def _join(session: Session, people: Select[int], into: tuple[Any, str, int]) -> int:
    rows, owner, key = into
    there = select(func.count()).select_from(rows).where(rows.__table__.c[owner] == key)
    before = session.scalar(there) or 0
    each = people.distinct().subquery()
    # "WHERE TRUE": SQLite would take ON CONFLICT for a join's ON
    joined = insert_into(session, rows.__table__).from_select([owner, "person_id"], select(literal(key), each.c[0]).where(true()))
    session.execute(joined.on_conflict_do_nothing())
    return (session.scalar(there) or 0) - before


def _must_be_static(selection: Selection) -> None:
    if selection.kind is not SelectionKind.STATIC:
        raise NotAllowed(f"{selection.name} is a {selection.kind} selection; people can only be added to a static one.")
