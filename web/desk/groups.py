"""Selections and projects at the desk: lists of them, who is in one, and the mailings they have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from mailings.audience.using import mailings_of
from mailings.errors import NotFound, Unreadable
from mailings.model import Project, Selection, SelectionKind
from mailings.people import projects as of_projects
from mailings.people import selection_members as of_selections
from mailings.people.searching import PAGE, members_page
from mailings.people.selections import People, people_of
from mailings.reports.figures import figures_of_all
from web.desk.at import AtDesk, Desk, path

router = APIRouter()


@dataclass(frozen=True, slots=True)
class Group:
    """A selection or a project as its pages need it. `where` = selections or projects; `fixed` = people can be put in and taken out."""

    where: str
    row: Selection | Project
    people: People
    fixed: bool
    kind: str
    told: str
    sides: tuple[str, str] | None = None  # of a combined selection


@router.get("/selections", response_model=None)
def selections(desk: AtDesk) -> Response:
    """Every selection, with how many people it has now."""
    with desk.door.database.reading() as session:
        rows = [(row.id, row.name, size, str(row.kind)) for row, size in of_selections.selections(session)]
    return desk.show("groups/list.html", where="selections", rows=rows)


@router.get("/projects", response_model=None)
def projects(desk: AtDesk) -> Response:
    """Every project, with how many take part."""
    with desk.door.database.reading() as session:
        rows = [(row.id, row.name, size, "") for row, size in of_projects.projects(session)]
    return desk.show("groups/list.html", where="projects", rows=rows)


@router.get("/selections/{number}", response_model=None)
def selection(number: int, desk: AtDesk) -> Response:
    """Who is in a selection now."""
    return _members(desk, "selections", number)


@router.get("/projects/{number}", response_model=None)
def project(number: int, desk: AtDesk) -> Response:
    """Who takes part in a project."""
    return _members(desk, "projects", number)


@router.get("/selections/{number}/mailings", response_model=None)
def selection_mailings(number: int, desk: AtDesk) -> Response:
    """The Mailings tab of a selection."""
    return _mailings(desk, "selections", number)


@router.get("/projects/{number}/mailings", response_model=None)
def project_mailings(number: int, desk: AtDesk) -> Response:
    """The Activities tab of a project."""
    return _mailings(desk, "projects", number)


@router.post("/selections", response_model=None)
def create_selection(desk: AtDesk) -> Response:
    """A new selection of fixed people, or one with a condition."""
    name, where = desk.fields.first("name").strip(), desk.fields.first("condition").strip()
    told: dict[str, Any] = {"name": name[:200], "kind": "dynamic" if where else "static"}
    with desk.changing("create selection", "", told) as session:
        told["number"] = number = of_selections.create_selection(session, name[:200], where or None).id
    return desk.moved_to(path("selections", number), "group_made")


@router.post("/projects", response_model=None)
def create_project(desk: AtDesk) -> Response:
    """A new project."""
    told: dict[str, Any] = {"name": desk.fields.first("name").strip()[:200]}
    with desk.changing("create project", "", told) as session:
        told["number"] = number = of_projects.create_project(session, told["name"]).id
    return desk.moved_to(path("projects", number), "group_made")


@router.post("/selections/{number}/{what}", response_model=None)
def change_selection(number: int, what: str, desk: AtDesk) -> Response:
    """People put in, or taken out."""
    return _changed(desk, "selections", number, what)


@router.post("/projects/{number}/{what}", response_model=None)
def change_project(number: int, what: str, desk: AtDesk) -> Response:
    """People put in, or taken out."""
    return _changed(desk, "projects", number, what)


def _changed(desk: Desk, where: str, number: int, what: str) -> Response:
    if what not in {"add", "remove"}:
        raise NotFound(desk.say("not_there"))
    told: dict[str, Any] = {}
    with desk.changing(f"{what} people", f"{where.removesuffix('s')} {number}", told) as session:
        row = group_at(desk, session, where, number).row
        done = _put_in(desk, session, row) if what == "add" else _taken_out(desk, session, row)
        came = {"new": done, "there": len(set(_addresses(desk))) - done} if what == "add" else {"removed": done}
        told |= {"name": row.name, **came}
    return desk.moved_to(path(where, number), "group_added" if what == "add" else "group_removed", n=done)


def _put_in(desk: Desk, session: Session, row: Selection | Project) -> int:
    addresses = _addresses(desk)
    if not addresses:
        raise Unreadable(desk.say("group_no_address"))
    if isinstance(row, Selection):
        return of_selections.add_people(session, row, addresses)
    return of_projects.add_members(session, row, addresses)


def _addresses(desk: Desk) -> list[str]:
    return desk.fields.first("addresses").replace(";", " ").replace(",", " ").split()


def _taken_out(desk: Desk, session: Session, row: Selection | Project) -> int:
    people = desk.fields.numbers("id")
    return of_selections.take_out(session, row, people) if isinstance(row, Selection) else of_projects.take_out(session, row, people)


def _members(desk: Desk, where: str, number: int) -> Response:
    word = desk.request.query_params.get("after", "")
    after = int(word) if word.isascii() and word.isdigit() and len(word) < 19 else 0
    with desk.door.database.reading() as session:
        group = group_at(desk, session, where, number)
        people, size = members_page(session, group.people, after), of_selections.how_many(session, group.people)
        more = path(where, number, after=people[PAGE - 1].id) if len(people) > PAGE else ""
        return desk.show("groups/members.html", group=group, tab="people", people=people[:PAGE], size=size, more=more, after=after)


def _mailings(desk: Desk, where: str, number: int) -> Response:
    with desk.door.database.reading() as session:
        group = group_at(desk, session, where, number)
        rows = mailings_of(session, group.row)
        figures = figures_of_all(session, [row.id for row in rows])
        return desk.show("groups/mailings.html", group=group, tab="mailings", rows=rows, figures=figures)


def group_at(desk: Desk, session: Session, where: str, number: int) -> Group:
    """The selection or project of that number. Raises NotFound."""
    row: Selection | Project | None = None
    if number < 2**62:
        row = session.get(Selection, number) if where == "selections" else session.get(Project, number)
    if row is None:
        raise NotFound(desk.say("group_unknown"))
    if isinstance(row, Project):
        return Group(where, row, of_projects.members_of(row.id), fixed=True, kind="", told="")
    static, sides = row.kind is SelectionKind.STATIC, None
    if row.kind is SelectionKind.COMBINED:
        names = dict(session.execute(select(Selection.id, Selection.name).where(Selection.id.in_([row.left_id, row.right_id]))).all())
        sides = names[row.left_id or 0], names[row.right_id or 0]
    told = f"combined_{row.combination}" if sides else row.condition or ""
    return Group(where, row, people_of(session, row), fixed=static, kind=str(row.kind), told=told, sides=sides)
