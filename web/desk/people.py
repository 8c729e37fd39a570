"""People at the desk: looked for by name or address; one of them with everything held and why."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from mailings.audience.recipient_pages import rows_of
from mailings.consent.topics import topics
from mailings.errors import NotFound
from mailings.forms.submissions import of_person
from mailings.model import Basis, Mailing, OptOut, Person, Project, ProjectMember, Recipient, Role, Selection, SelectionMember
from mailings.people.deleting import until
from mailings.people.report import Spoken, report_as
from mailings.people.searching import PAGE, people_found
from mailings.people.showing import show
from mailings.reported import EventKind
from web.desk.at import AtDesk, Desk, path
from web.desk.labels import label_in

router = APIRouter()

NEWEST = 100  # mailings shown on a person's page; the report has them all
KINDS = {"html": "text/html; charset=utf-8", "json": "application/json"}
FACTS = frozenset(
    {"id", "name", "company", "custom", "retired", "no_mailings", "deleted_at", "rank", "mobile_normal"}
)  # told elsewhere, or ours
LATER = ("sales", "reports", "errands", "follow_ups", "requests", "lists", "named_for", "texts")


@router.get("/people", response_model=None)
def people(desk: AtDesk) -> Response:
    """Who is found, a page of fifty."""
    asked, after = desk.request.query_params.get("q", "").strip()[:200], _number(desk.request.query_params.get("after", ""))
    with desk.door.database.reading() as session:
        found = people_found(session, asked, after)
        leaving = session.scalar(select(func.count()).where(Person.deleted_at.is_not(None))) if desk.may(Role.ADMIN) else 0
    more = path("people", q=asked, after=found[PAGE - 1].id) if len(found) > PAGE else ""
    return desk.show("people/list.html", asked=asked, people=found[:PAGE], more=more, after=after, leaving=leaving)


@router.get("/people/{number}", response_model=None)
def person(number: int, desk: AtDesk) -> Response:
    """Everything held about one person, and what can be done."""
    with desk.door.database.reading() as session:
        found = person_at(desk, session, number)
        return desk.show("people/one.html", person=found, **_about(desk, session, found))


@router.get("/people/{number}/report.{kind}", response_model=None)
def report(number: int, kind: str, desk: AtDesk) -> Response:
    """The same as a file to give to the person."""
    with desk.door.database.reading() as session:
        written = report_as(session, person_at(desk, session, number), f".{kind}", desk.door.settings)
    return Response(written, media_type=KINDS[kind], headers={"Content-Disposition": f'attachment; filename="person-{number}.{kind}"'})


def person_at(desk: Desk, session: Session, number: int) -> Person:
    """The person of that number. Raises NotFound; somebody being erased is there for administrators alone."""
    found = session.get(Person, number) if number < 2**62 else None
    if found is None or (found.deleted_at is not None and not desk.may(Role.ADMIN)):
        raise NotFound(desk.say("person_unknown", n=number))
    return found


def _about(desk: Desk, session: Session, found: Person) -> dict[str, Any]:
    held, spoken = show(session, found), Spoken(desk.language)
    return {
        "held": held,
        "facts": {key: value for key, value in held.items() if key not in FACTS and not isinstance(value, list)} | held.get("custom", {}),
        "more": {kind: held[kind] for kind in LATER if held[kind]},
        "column": lambda name: spoken.word("names", name),
        "told": spoken.plain,
        "label": label_in(desk),
        "answers": [one for one in held["reports"] if one["kind"] == EventKind.OTHER and one.get("address") == found.mobile_normal],
        "bases": [basis for basis in Basis if basis is not Basis.WITHDRAWN],
        "groups": _groups(session, found),
        "topics": _topics(session, found),
        "submissions": of_person(session, found.id, [address.normal for address in found.addresses]),
        "mailings": _mailings(session, found),
        "until": until(found, desk.door.settings.erase_after_days) if found.deleted_at else None,
        "days": desk.door.settings.erase_after_days,
    }


def _groups(session: Session, found: Person) -> dict[str, list[tuple[int, str]]]:
    """(number, name) of the selections and projects that were told to have them."""
    into = select(Selection.id, Selection.name).join(SelectionMember).where(SelectionMember.person_id == found.id).order_by(Selection.name)
    part = select(Project.id, Project.name).join(ProjectMember).where(ProjectMember.person_id == found.id).order_by(Project.name)
    return {kind: [(number, name) for number, name in session.execute(rows)] for kind, rows in (("selections", into), ("projects", part))}


def _topics(session: Session, found: Person) -> list[tuple[int, str, bool]]:
    """(number, name, whether they take it) of every topic."""
    refused = set(session.scalars(select(OptOut.topic_id).where(OptOut.person_id == found.id, OptOut.ended_at.is_(None))))
    return [(topic.id, topic.name, topic.id not in refused) for topic in topics(session)]


def _mailings(session: Session, found: Person) -> list[tuple[str, Any]]:
    """(name, row of its recipients list) of the newest mailings that have them."""
    newest = (
        select(Recipient.id, Mailing.name).join(Mailing).where(Recipient.person_id == found.id).order_by(Recipient.id.desc()).limit(NEWEST)
    )
    names = dict(session.execute(newest).all())
    rows = {row.id: row for row in rows_of(session, list(names))}
    return [(name, rows[number]) for number, name in names.items()]


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0
