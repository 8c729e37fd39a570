"""Adds many people at once to what a list says of them: a selection, interests."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from mailings import clock
from mailings.db import insert_into
from mailings.errors import NotAllowed
from mailings.model import Interest, PersonInterest, Selection, SelectionKind, SelectionMember
from mailings.model.adding import added


def static_selection(session: Session, name: str) -> Selection:
    """The static selection of that name, made if there is none. Raises NotAllowed for an empty name, and for one with a condition."""
    if not name.strip():
        raise NotAllowed("A selection needs a name.")
    there = select(Selection).where(Selection.name == name)
    selection = session.scalar(there)
    if selection is None:
        made = Selection(name=name, kind=SelectionKind.STATIC, created_at=clock.now())
        selection = made if added(session, made) else session.scalars(there).one()  # another's, made in the same moment
    if selection.kind is not SelectionKind.STATIC:
        raise NotAllowed(f"{name} is a {selection.kind} selection; people can only be added to a static one.")
    return selection


def join_selection(session: Session, selection: Selection, people: Sequence[int]) -> None:
    """Make these people members; those who are already stay so."""
    rows = [{"selection_id": selection.id, "person_id": person_id} for person_id in dict.fromkeys(people)]
    if rows:
        session.execute(insert_into(session, SelectionMember.__table__).on_conflict_do_nothing(), rows)


def members_of(session: Session, selection: Selection) -> int:
    """How many people are in a static selection."""
    return session.scalar(select(func.count()).where(SelectionMember.selection_id == selection.id)) or 0


def note_interests(session: Session, interests: Sequence[tuple[int, str]]) -> None:
    """Record (person, interest) by name, capitals and small letters alike; interests we do not have are added."""
    if not interests:
        return
    known = _interests(session)
    if new := {name.casefold(): {"name": name} for _, name in reversed(interests) if name.casefold() not in known}:
        session.execute(insert_into(session, Interest.__table__).on_conflict_do_nothing(), list(new.values()))
        known = _interests(session)  # some may be another's, made in the same moment
    rows = [{"person_id": person_id, "interest_id": known[name.casefold()]} for person_id, name in dict.fromkeys(interests)]
    session.execute(insert_into(session, PersonInterest.__table__).on_conflict_do_nothing(), rows)


def _interests(session: Session) -> dict[str, int]:
    """Every interest there is: its name in small letters -> its number."""
    return {name.casefold(): number for number, name in session.execute(select(Interest.id, Interest.name))}
