"""The names in a link's actions, looked up: selections, projects, associates, interests, fields and scripts, each unknown one told."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from mailings.content.actions import AUTOMATIC, UNASSIGNED, Actions
from mailings.content.scripts import script_named
from mailings.content.variables import COLUMNS, known_variable
from mailings.errors import MailingsError
from mailings.model import Associate, Form, Interest, Project, Selection, SelectionKind
from mailings.settings import Settings

OFFERED = 2000  # names looked through for a similar one


def unknown_names(session: Session, actions: Actions, settings: Settings) -> list[str]:
    """A sentence for each name in `actions` that nothing has, or that cannot be used there. Interests to add need not be known yet."""
    return list(dict.fromkeys(_unknown(session, actions, settings)))


def problems_of(session: Session, actions: Actions, settings: Settings) -> list[str]:
    """What keeps a mailing with these actions from being sent: unknown names, and a form that is not there (yet: forms are pushed, too)."""
    form = actions.response.form if actions.response else None
    missing = _missing(session, "form", Form.name, [form]) if form else ()
    return [*unknown_names(session, actions, settings), *missing]


def _unknown(session: Session, actions: Actions, settings: Settings) -> Iterator[str]:
    if actions.selections is not None:
        for name in (*actions.selections.add, *actions.selections.remove):
            yield from _selection(session, name)
    yield from _missing(session, "project", Project.name, _projects(actions))
    yield from _missing(session, "associate", Associate.username, _associates(actions))
    if actions.interests is not None:
        yield from _interests(session, actions.interests.remove)
    if actions.response is not None:
        for path in actions.response.prefill:
            if not known_variable(path):
                yield f"{path} is not a variable{_near(path, COLUMNS)}"
    if actions.script is not None:
        try:
            script_named(actions.script.name, settings.scripts)
        except MailingsError as error:
            yield str(error)


def _projects(actions: Actions) -> list[str]:
    named = [*actions.projects.add, *actions.projects.remove] if actions.projects else []
    return named + ([actions.follow_up.project] if actions.follow_up and actions.follow_up.project else [])


def _associates(actions: Actions) -> list[str]:
    named = [actions.follow_up.default_recipient] if actions.follow_up and actions.follow_up.default_recipient else []
    owner = actions.request.owner if actions.request else AUTOMATIC
    return named if owner in (AUTOMATIC, UNASSIGNED) else [*named, owner]


def _selection(session: Session, name: str) -> Iterator[str]:
    kind = session.scalar(select(Selection.kind).where(Selection.name == name))
    if kind is None:
        yield from _missing(session, "selection", Selection.name, [name])
    elif kind is not SelectionKind.STATIC:
        yield f"{name} is a {kind} selection; people can only be added to or removed from a static one."


def _missing(session: Session, noun: str, column: Any, names: Sequence[str]) -> Iterator[str]:
    for name in names:
        if session.scalar(select(column).where(column == name).limit(1)) is None:
            yield f"There is no {noun} named {name!r}{_near(name, session.scalars(select(column).limit(OFFERED)))}"


def _interests(session: Session, names: Sequence[str]) -> Iterator[str]:
    known = list(session.scalars(select(Interest.name).limit(OFFERED))) if names else []
    for name in names:
        if name.casefold() not in {one.casefold() for one in known}:
            yield f"There is no interest named {name!r}{_near(name, known)}"


def _near(name: str, known: Any) -> str:
    near = get_close_matches(name, list(known), n=2)
    return f"; did you mean {' or '.join(near)}?" if near else "."
