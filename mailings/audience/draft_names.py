"""The names in a mailing.yaml, looked up: topic, selections, projects, people and companies, all unknown ones told at once."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from mailings.audience.folder_parts import MailingPart, SourcePart
from mailings.audience.trouble import Trouble
from mailings.content.action_names import unknown_names
from mailings.errors import NotAllowed, NotFound
from mailings.model import Basis, Company, Person, Project, Selection, SourceKind, Topic
from mailings.people.finding import person_by_address
from mailings.people.sales import sale_numbered
from mailings.settings import settings

OFFERED = 2000  # names looked through for a similar one
#: what to do about a name that nothing has, and nothing is similar to
_HINTS = {
    "topic": "; add it with: mailings topics add {!r}",
    "selection": "; see them all: mailings selections list",
    "project": "; see them all: mailings projects list",
}


@dataclass(frozen=True)
class PlannedSource:
    """A source as it will be stored, in order. `list_file` = the import's file in the folder."""

    kind: SourceKind
    label: str
    archive: bool = False
    key: int | None = None
    basis: Basis | None = None
    keep_unknown: bool = False
    list_file: str | None = None


@dataclass
class Names:
    """What the names stand for."""

    topic_id: int | None = None
    selection_id: int | None = None
    project_id: int | None = None
    sources: list[PlannedSource] = field(default_factory=list)


def find_names(session: Session, part: MailingPart) -> Names:
    """Every name of the mailing as a key. Raises NotFound with one line for each name nothing has."""
    found, trouble = Names(), Trouble()
    found.topic_id = trouble.attempt(_topic, session, part.topic) if part.topic else None
    found.selection_id = trouble.attempt(_selection, session, part.archive.selection) if part.archive.selection else None
    found.project_id = trouble.attempt(_project, session, part.archive.project) if part.archive.project else None
    if part.document is not None and part.document.sale:
        trouble.attempt(sale_numbered, session, part.document.sale)
    listed = [_planned(session, source, trouble) for source in part.sources]
    found.sources = [*_archived(part, found, listed), *listed]
    for name, link in part.links.items():
        trouble.met += [f"links.{name}: {sentence}" for sentence in unknown_names(session, link.actions, settings())]
    if trouble.met:
        raise NotFound("\n".join(trouble.met))
    return found


def _planned(session: Session, source: SourcePart, trouble: Trouble) -> PlannedSource:
    if source.list_file is not None:
        keep = source.unknown == "keep" or (source.unknown is None and source.consent is not None)  # a declared basis is meant for them
        return PlannedSource(SourceKind.IMPORT, source.list_file, basis=source.consent, keep_unknown=keep, list_file=source.list_file)
    kind, name = next((SourceKind(k), v) for k in _FINDERS if (v := getattr(source, k)) is not None)
    return PlannedSource(kind, name, key=trouble.attempt(_FINDERS[kind], session, name))


def _archived(part: MailingPart, found: Names, listed: list[PlannedSource]) -> list[PlannedSource]:
    """Linking adds the selection's people, or the project's; with both linked only the selection's (domain.md C.3)."""
    if part.archive.selection:
        linked = PlannedSource(SourceKind.SELECTION, part.archive.selection, archive=True, key=found.selection_id)
    elif part.archive.project:
        linked = PlannedSource(SourceKind.PROJECT, part.archive.project, archive=True, key=found.project_id)
    else:
        return []
    return [] if any((s.kind, s.key) == (linked.kind, linked.key) for s in listed) else [linked]


def _topic(session: Session, name: str) -> int:
    return _key(session, "topic", select(Topic.id).where(Topic.name == name), (name, Topic.name))


def _selection(session: Session, name: str) -> int:
    return _key(session, "selection", select(Selection.id).where(Selection.name == name), (name, Selection.name))


def _project(session: Session, name: str) -> int:
    return _key(session, "project", select(Project.id).where(Project.name == name), (name, Project.name))


def _company(session: Session, name: str) -> int:
    rows = select(Company.id).where(Company.name == name, Company.deleted_at.is_(None))
    return _key(session, "company", rows, (name, Company.name))


def _person(session: Session, name: str) -> int:
    if "@" in name:
        return person_by_address(session, name).id
    rows = select(Person.id).where(Person.name == name, Person.deleted_at.is_(None))
    return _key(session, "person", rows, (name, Person.name))


_FINDERS: dict[str, Callable[[Session, str], int]] = {
    SourceKind.SELECTION: _selection,
    SourceKind.PROJECT: _project,
    SourceKind.PERSON: _person,
    SourceKind.COMPANY: _company,
}


def _key(session: Session, noun: str, rows: Select[int], named: tuple[str, Any]) -> int:
    name, column = named
    found = list(session.scalars(rows.limit(2)))
    if len(found) > 1:
        way = "name the person by an e-mail address." if noun == "person" else "give one of them another name."
        raise NotAllowed(f"There are several of {noun} {name!r}; {way}")
    if not found:
        near = difflib.get_close_matches(name, session.scalars(select(column).limit(OFFERED)), n=2)
        hint = f"; did you mean {' or '.join(near)}?" if near else _HINTS.get(noun, ".").format(name)
        raise NotFound(f"There is no {noun} named {name!r}{hint}")
    return found[0]
