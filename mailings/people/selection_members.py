"""Makes selections and changes who is in them; who is in one now, listed without holding all of them in memory."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Row, delete, func, select
from sqlalchemy.orm import Session

from mailings.clock import now
from mailings.db import among
from mailings.errors import NotAllowed
from mailings.model import Address, Combination, Person, Selection, SelectionKind, SelectionMember
from mailings.model.adding import added
from mailings.people.conditions import condition
from mailings.people.finding import person_by_address
from mailings.people.joining import join_selection
from mailings.people.selections import People, people_of, selection_named

STREAMED = 1_000  # rows fetched at a time


@dataclass(frozen=True)
class Combined:
    """What a combined selection is made of: two selections by name and an operator (domain.md C.1)."""

    left: str
    combination: Combination
    right: str


def create_selection(
    session: Session, name: str, made_of: str | Combined | None = None, *, include_main_contact: bool = False
) -> Selection:
    """A new selection: static, dynamic (made of a condition) or combined.

    Raises NotAllowed for a taken or empty name, Unreadable for a condition that cannot be read.
    """
    if not name.strip():
        raise NotAllowed("A selection needs a name.")
    if session.scalar(select(Selection.id).where(Selection.name == name)) is not None:
        raise _taken(name)
    made = Selection(name=name, kind=SelectionKind.STATIC, include_main_contact=include_main_contact, created_at=now())
    if isinstance(made_of, Combined):
        made.kind, made.combination = SelectionKind.COMBINED, made_of.combination
        made.left_id, made.right_id = (selection_named(session, side).id for side in (made_of.left, made_of.right))
    elif made_of is not None:
        condition(made_of)
        made.kind, made.condition = SelectionKind.DYNAMIC, made_of
    if not added(session, made):
        raise _taken(name)
    return made


def _taken(name: str) -> NotAllowed:
    return NotAllowed(f"There is a selection named {name!r} already; choose another name.")


def add_people(session: Session, selection: Selection, addresses: Sequence[str]) -> int:
    """Add people by their addresses. Returns how many are new in it. Raises NotFound, and then nobody is added."""
    _must_be_static(selection)
    people = [person_by_address(session, text).id for text in addresses]
    before = _size(session, selection)
    join_selection(session, selection, people)
    return _size(session, selection) - before


def remove_people(session: Session, selection: Selection, addresses: Sequence[str]) -> int:
    """Take people out by their addresses. Returns how many were in it."""
    _must_be_static(selection)
    people = [person_by_address(session, text).id for text in addresses]
    before = _size(session, selection)
    session.execute(delete(SelectionMember).where(SelectionMember.selection_id == selection.id, SelectionMember.person_id.in_(people)))
    return before - _size(session, selection)


def take_out(session: Session, selection: Selection, people: Collection[int]) -> int:
    """Take people out by their numbers. Returns how many were in it."""
    _must_be_static(selection)
    there = among(session, SelectionMember.person_id, people)
    gone = delete(SelectionMember).where(SelectionMember.selection_id == selection.id, there).returning(SelectionMember.id)
    return len(session.scalars(gone).all())


def how_many(session: Session, people: People) -> int:
    """How many people a select of person ids names now, without deleted ones."""
    named = people.subquery()
    return session.scalar(select(func.count()).select_from(named).join(Person, Person.id == named.c.person_id).where(_THERE)) or 0


def listed(session: Session, people: People) -> Iterator[Row[str | None, str]]:
    """(first valid address or None, name) of the people, by name; fetched as they are walked."""
    named, first = people.subquery(), Address
    usual = select(first.normal).where(first.person_id == Person.id, first.valid).order_by(first.rank, first.id).limit(1)
    rows = select(usual.scalar_subquery(), Person.name).join(named, named.c.person_id == Person.id).where(_THERE)
    yield from session.execute(rows.order_by(Person.name, Person.id).execution_options(yield_per=STREAMED))


def selections(session: Session) -> Iterator[tuple[Selection, int]]:
    """Every selection by name, with how many people it has now."""
    for selection in session.scalars(select(Selection).order_by(Selection.name)).all():
        yield selection, how_many(session, people_of(session, selection))


_THERE = Person.deleted_at.is_(None)


def _must_be_static(selection: Selection) -> None:
    if selection.kind is not SelectionKind.STATIC:
        raise NotAllowed(f"{selection.name} is a {selection.kind} selection; people can only be added to or removed from a static one.")


def _size(session: Session, selection: Selection) -> int:
    return session.scalar(select(func.count()).where(SelectionMember.selection_id == selection.id)) or 0
