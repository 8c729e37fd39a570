"""Into what chosen people are put: a selection or project, new or there already, as a form says."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from mailings.errors import NotAllowed
from mailings.model import Project, Selection, SelectionKind
from mailings.people.projects import create_project, project_named
from mailings.people.selection_members import create_selection
from mailings.people.selections import selection_named
from web.desk.at import Desk

MANY = 500  # offered by name


def offers(session: Session) -> dict[str, Any]:
    """What there is to choose from."""
    static = select(Selection.name).where(Selection.kind == SelectionKind.STATIC).order_by(Selection.name).limit(MANY)
    projects = select(Project.name).order_by(Project.name).limit(MANY)
    return {"selections": session.scalars(static).all(), "projects": session.scalars(projects).all()}


def where_of(desk: Desk, session: Session) -> Selection | Project:
    """What the form says, made where it is new. Raises NotAllowed where it says nothing or the name is taken, NotFound."""
    into, new = desk.fields.first("into"), desk.fields.first("new").strip()
    if into == "new_selection" and new:
        return create_selection(session, new)
    if into == "new_project" and new:
        return create_project(session, new)
    if into == "selection" and desk.fields.first("old"):
        return selection_named(session, desk.fields.first("old"))
    if into == "project" and desk.fields.first("project"):
        return project_named(session, desk.fields.first("project"))
    raise NotAllowed(desk.say("into_nothing"))
