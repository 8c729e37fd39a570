"""Does the actions of one click: fields, interests, selections, projects; each fails by itself (domain.md E.3)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pydantic import ValidationError
from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from mailings.content.actions import CREATING, Actions, Membership, SetField
from mailings.db import insert_into
from mailings.errors import MailingsError, NotAllowed
from mailings.model import Interest, PersonInterest, ProjectMember, Selection, SelectionKind, SelectionMember
from mailings.people.joining import join_selection, note_interests
from mailings.people.projects import project_named
from mailings.people.selections import selection_named
from mailings.tracking.creating import Doing, make_follow_up, make_request


def act(session: Session, doing: Doing, stored: Mapping[str, Any]) -> str:
    """Do all actions but the response and the script; what came of each, a sentence each. Never raises ours."""
    try:
        actions = Actions.model_validate(stored)
    except ValidationError:
        return "Its actions cannot be read: nothing was done."
    said = []
    for name, verb in _VERBS.items():
        chosen = getattr(actions, name)
        if chosen is None:
            continue
        if name in CREATING and not doing.first:
            said.append(f"No further {name.replace('_', '-')}: it was not the first click.")
            continue
        try:
            with session.begin_nested():
                said += verb(session, doing, chosen)
        except (MailingsError, IntegrityError) as error:
            why = error if isinstance(error, MailingsError) else "the database refused it."
            said.append(f"{name.replace('_', '-')} failed: {why}")
    return " ".join(said)


def _set_field(_session: Session, doing: Doing, chosen: SetField) -> list[str]:
    doing.person.custom = {**doing.person.custom, chosen.name: chosen.value}
    return [f"Set {chosen.name} to {chosen.value}."]


def _interests(session: Session, doing: Doing, chosen: Membership) -> list[str]:
    note_interests(session, [(doing.person.id, name) for name in chosen.add])
    unwanted = {name.casefold() for name in chosen.remove}
    gone = [key for key, name in session.execute(select(Interest.id, Interest.name)) if name.casefold() in unwanted]
    session.execute(delete(PersonInterest).where(PersonInterest.person_id == doing.person.id, PersonInterest.interest_id.in_(gone)))
    return _told("interests", chosen)


def _selections(session: Session, doing: Doing, chosen: Membership) -> list[str]:
    for name in chosen.add:
        join_selection(session, _static(session, name), [doing.person.id])
    left = [_static(session, name).id for name in chosen.remove]
    session.execute(delete(SelectionMember).where(SelectionMember.person_id == doing.person.id, SelectionMember.selection_id.in_(left)))
    return _told("selections", chosen)


def _static(session: Session, name: str) -> Selection:
    found = selection_named(session, name)
    if found.kind is not SelectionKind.STATIC:
        raise NotAllowed(f"{name} is a {found.kind} selection; people can only be added to or removed from a static one.")
    return found


def _projects(session: Session, doing: Doing, chosen: Membership) -> list[str]:
    joined = [{"project_id": project_named(session, name).id, "person_id": doing.person.id} for name in chosen.add]
    if joined:
        session.execute(insert_into(session, ProjectMember.__table__).on_conflict_do_nothing(), joined)
    left = [project_named(session, name).id for name in chosen.remove]
    session.execute(delete(ProjectMember).where(ProjectMember.person_id == doing.person.id, ProjectMember.project_id.in_(left)))
    return _told("projects", chosen)


def _told(what: str, chosen: Membership) -> list[str]:
    added = [f"Added to {what}: {', '.join(chosen.add)}."] if chosen.add else []
    return added + ([f"Removed from {what}: {', '.join(chosen.remove)}."] if chosen.remove else [])


_Verb = Callable[[Session, Doing, Any], Sequence[str]]
_VERBS: dict[str, _Verb] = {
    "set_field": _set_field,
    "interests": _interests,
    "selections": _selections,
    "projects": _projects,
    "follow_up": make_follow_up,
    "request": make_request,
}
