"""Projects and their members: a way of naming many people."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from mailings.errors import NotFound
from mailings.model import Project, ProjectMember
from mailings.people.selections import People


def project_named(session: Session, name: str) -> Project:
    """The project of that name. Raises NotFound."""
    found = session.scalar(select(Project).where(Project.name == name))
    if found is None:
        raise NotFound(f"There is no project named {name!r}; see them all: mailings projects list")
    return found


def members_of(project_id: int) -> People:
    """A select of one column, `person_id`: all members of the project (domain.md C.1)."""
    return select(ProjectMember.person_id.label("person_id")).where(ProjectMember.project_id == project_id)
