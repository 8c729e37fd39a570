"""Selections: static, dynamic and combined sets of people, each of them one SQL select of person ids."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, delete, except_, func, insert, intersect, literal, select, union
from sqlalchemy.orm import Session, aliased

from mailings.errors import NotAllowed, NotFound
from mailings.model import Combination, Company, Person, Selection, SelectionKind, SelectionMember
from mailings.people.conditions import condition

DEEPEST = 20  # selections inside selections; SQLite's parser ends at about a hundred nested selects

People = Select[Any]  #: one column, `person_id`


def selection_named(session: Session, name: str) -> Selection:
    """The selection of that name. Raises NotFound."""
    found = session.scalar(select(Selection).where(Selection.name == name))
    if found is None:
        raise NotFound(f"There is no selection named {name!r}; see them all: mailings selections list")
    return found


def people_of(session: Session, selection: Selection) -> People:
    """A select of one column, `person_id`, each person once (domain.md C.1). Deleted people are in no dynamic selection.

    Raises NotAllowed when a combined selection contains itself.
    """
    return _people(session, selection, ())


def _people(session: Session, selection: Selection, above: tuple[str, ...]) -> People:
    if selection.name in above or len(above) >= DEEPEST:
        path = " > ".join([*above, selection.name])
        raise NotAllowed(f"The selection {above[0]!r} contains itself or is nested too deep ({path}); change one of them.")
    match selection.kind:
        case SelectionKind.STATIC:
            member = SelectionMember
            found = select(member.person_id.label("person_id")).where(member.selection_id == selection.id)
        case SelectionKind.DYNAMIC:
            found = select(Person.id.label("person_id")).where(Person.deleted_at.is_(None), condition(selection.condition or ""))
        case SelectionKind.COMBINED:
            found = _combined(session, selection, (*above, selection.name))
    return _with_main_contacts(found) if selection.include_main_contact else found


def _combined(session: Session, selection: Selection, above: tuple[str, ...]) -> People:
    left, right = (session.get_one(Selection, key) for key in (selection.left_id, selection.right_id))
    # each side wrapped: SQLite takes no brackets around the parts of a compound select
    one, other = (select(_people(session, side, above).subquery().c.person_id) for side in (left, right))
    match selection.combination:
        case Combination.LEFT:
            return _rows(except_(one, other))
        case Combination.RIGHT:
            return _rows(except_(other, one))
        case Combination.BOTH:
            return _rows(intersect(one, other))
        case Combination.EITHER:
            return _rows(except_(_rows(union(one, other)), _rows(intersect(one, other))))
    return _rows(union(one, other))


def _rows(compound: Any) -> People:
    return select(compound.subquery().c.person_id)


def _with_main_contacts(people: People) -> People:
    """The people, and each of their companies' main contact; where that one left, the working person of lowest rank (C.1)."""
    base, colleague, main = people.subquery(), aliased(Person), aliased(Person)
    there = (colleague.deleted_at.is_(None), colleague.retired.is_(False))
    instead = select(colleague.id).where(colleague.company_id == Company.id, *there).order_by(colleague.rank, colleague.id).limit(1)
    working = (main.id == Company.primary_contact_id) & main.deleted_at.is_(None) & main.retired.is_(False)
    contact = func.coalesce(main.id, instead.scalar_subquery()).label("person_id")
    companies = select(Person.company_id).where(Person.id.in_(select(base.c.person_id)))
    contacts = select(contact).select_from(Company).outerjoin(main, working).where(Company.id.in_(companies)).subquery()
    return _rows(union(select(base.c.person_id), select(contacts.c.person_id).where(contacts.c.person_id.is_not(None))))


def freeze(session: Session, selection: Selection) -> int:
    """Turn a dynamic or combined selection into a static one with the people it has now. Returns how many."""
    if selection.kind is SelectionKind.STATIC:
        raise NotAllowed(f"The selection {selection.name!r} is static already; nothing to freeze.")
    people = people_of(session, selection).subquery()
    session.execute(delete(SelectionMember).where(SelectionMember.selection_id == selection.id))
    frozen = select(literal(selection.id), people.c.person_id)
    session.execute(insert(SelectionMember).from_select(["selection_id", "person_id"], frozen))
    selection.kind, selection.condition, selection.combination = SelectionKind.STATIC, None, None
    selection.left_id = selection.right_id = None
    selection.include_main_contact = False
    return session.scalar(select(func.count()).where(SelectionMember.selection_id == selection.id)) or 0
