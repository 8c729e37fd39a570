"""Follows up: chosen recipients put into a selection or project, in one statement however many they are (domain.md C.11)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, literal, select
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


def known(session: Session, chosen: Select[int]) -> Known:
    """Who of the chosen recipients can be added to anything: people who are in the database, and stay there."""
    all_of_them = session.scalar(select(func.count()).select_from(chosen.subquery())) or 0
    found = _people(chosen).subquery()
    people, rows = session.execute(select(func.count(found.c[0].distinct()), func.count()).select_from(found)).one()
    return Known(people, all_of_them - rows)


def into_selection(session: Session, chosen: Select[int], selection: Selection) -> Added:
    """Put the people among the chosen into a static selection. Raises NotAllowed for one that has a condition instead of members."""
    if selection.kind is not SelectionKind.STATIC:
        raise NotAllowed(f"{selection.name} is a {selection.kind} selection; people can only be added to a static one.")
    return _put(session, chosen, (SelectionMember, "selection_id", selection.id))


def into_project(session: Session, chosen: Select[int], project: Project) -> Added:
    """Put the people among the chosen into a project."""
    return _put(session, chosen, (ProjectMember, "project_id", project.id))


def _people(chosen: Select[int]) -> Select[int]:
    ids = chosen.subquery()
    rows = select(Person.id).select_from(Recipient).join(ids, ids.c[0] == Recipient.id)
    return rows.join(Person, Person.id == Recipient.person_id).where(Person.deleted_at.is_(None))


def _put(session: Session, chosen: Select[int], into: tuple[Any, str, int]) -> Added:
    rows, owner, key = into
    asked = known(session, chosen)
    there = select(func.count()).select_from(rows).where(rows.__table__.c[owner] == key)
    before = session.scalar(there) or 0
    people = _people(chosen).distinct().subquery()
    joined = insert_into(session, rows.__table__).from_select(
        [owner, "person_id"], select(literal(key), people.c[0]).where(people.c[0] > 0)
    )
    session.execute(joined.on_conflict_do_nothing())
    new = (session.scalar(there) or 0) - before
    return Added(new, asked.people - new, asked.strangers)
