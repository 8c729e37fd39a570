"""Projects and their members: a way of naming many people."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from mailings.clock import now
from mailings.db import among, insert_into
from mailings.errors import NotAllowed, NotFound
from mailings.model import Project, ProjectMember
from mailings.model.adding import added
from mailings.people.finding import person_by_address
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


def create_project(session: Session, name: str) -> Project:
    """A new project. Raises NotAllowed when the name is taken."""
    if not name.strip():
        raise NotAllowed("A project needs a name.")
    if session.scalar(select(Project.id).where(Project.name == name)) is not None:
        raise _taken(name)
    made = Project(name=name, created_at=now())
    if not added(session, made):
        raise _taken(name)
    return made


def _taken(name: str) -> NotAllowed:
    return NotAllowed(f"There is a project named {name!r} already; choose another name.")


#: what letters may name of a project, in the order it is shown (domain.md D.7)
WORDS = ("number", "kind", "status", "leader", "ends_on")


def describe_project(session: Session, name: str, told: Mapping[str, str | date]) -> Project:
    """Write what is told of the project, of `WORDS`; an empty text takes it away. Raises NotFound."""
    project = project_named(session, name)
    for word, text in told.items():
        setattr(project, word, text or None if word == "ends_on" else text)
    session.flush()
    return project


def project_told(project: Project) -> dict[str, str]:
    """What is known of the project beside its name."""
    told = {word: str(getattr(project, word) or "") for word in WORDS}
    return {word: text for word, text in told.items() if text}


def project_or_new(session: Session, name: str) -> Project:
    """The project of that name, made if there is none."""
    found = session.scalar(select(Project).where(Project.name == name))
    if found is not None:
        return found
    try:
        return create_project(session, name)
    except NotAllowed:
        if not name.strip():
            raise
        return project_named(session, name)  # another's, made in the same moment


def add_members(session: Session, project: Project, addresses: Sequence[str]) -> int:
    """Add people by their addresses. Returns how many are new in it. Raises NotFound, and then nobody is added."""
    people = dict.fromkeys(person_by_address(session, text).id for text in addresses)
    before = _size(session, project)
    rows = [{"project_id": project.id, "person_id": person_id} for person_id in people]
    if rows:
        session.execute(insert_into(session, ProjectMember.__table__).on_conflict_do_nothing(), rows)
    return _size(session, project) - before


def remove_members(session: Session, project: Project, addresses: Sequence[str]) -> int:
    """Take people out by their addresses. Returns how many were in it."""
    people = [person_by_address(session, text).id for text in addresses]
    before = _size(session, project)
    session.execute(delete(ProjectMember).where(ProjectMember.project_id == project.id, ProjectMember.person_id.in_(people)))
    return before - _size(session, project)


def take_out(session: Session, project: Project, people: Collection[int]) -> int:
    """Take people out by their numbers. Returns how many were in it."""
    there = among(session, ProjectMember.person_id, people)
    gone = delete(ProjectMember).where(ProjectMember.project_id == project.id, there).returning(ProjectMember.id)
    return len(session.scalars(gone).all())


def projects(session: Session) -> Iterator[tuple[Project, int]]:
    """Every project by name, with how many members it has."""
    for project in session.scalars(select(Project).order_by(Project.name)).all():
        yield project, _size(session, project)


def _size(session: Session, project: Project) -> int:
    return session.scalar(select(func.count()).where(ProjectMember.project_id == project.id)) or 0
