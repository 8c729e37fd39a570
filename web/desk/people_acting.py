"""What is done with one person at the desk: consent, topics, no mailings, former employee, erased and taken back."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response
from sqlalchemy import select

from mailings.consent.giving import give
from mailings.consent.withdrawing import opt_out, subscribe
from mailings.errors import Unreadable
from mailings.model import Basis, Role, Topic
from mailings.people.deleting import delete, deleted_people, take_back
from mailings.people.stopping import allow_mailings, bring_back, stop_mailings
from mailings.tracking.clearing import make_former_employees
from mailings.tracking.retention import kept_events
from web.desk.at import AtDesk, path
from web.desk.people import person_at

router = APIRouter()

SHOWN = 200  # people being erased on the page


@router.post("/people/{number}/consent", response_model=None)
def consent(number: int, desk: AtDesk) -> Response:
    """Give consent on a basis, with where it comes from; or withdraw it."""
    word, source = desk.fields.first("basis"), " ".join(desk.fields.first("source").split())[:200]
    if word not in set(Basis):
        raise Unreadable(desk.say("person_which_basis"))
    if not source and word != Basis.WITHDRAWN:
        raise Unreadable(desk.say("person_which_source"))
    with desk.changing("consent", f"person {number}", basis=word) as session:
        changed = give(session, person_at(desk, session, number).id, Basis(word), source or "User", desk.user.name)
    return desk.moved_to(path("people", number), "person_consent_noted" if changed else "person_nothing_new")


@router.post("/people/{number}/topics", response_model=None)
def topics(number: int, desk: AtDesk) -> Response:
    """Opt the person out of a topic, or in again."""
    wanted, take = next(iter(desk.fields.numbers("topic")), 0), desk.fields.first("take") == "yes"
    told: dict[str, Any] = {}
    with desk.changing("topic in" if take else "topic out", f"person {number}", told) as session:
        person = person_at(desk, session, number)
        told["topic"] = session.scalar(select(Topic.name).where(Topic.id == wanted))
        if told["topic"] is None:
            raise Unreadable(desk.say("person_which_topic"))
        changed = subscribe(session, person.id, wanted) if take else opt_out(session, person.id, wanted, "User", desk.user.name)
    return desk.moved_to(path("people", number), "person_topic_noted" if changed else "person_nothing_new")


@router.post("/people/{number}/mark", response_model=None)
def mark(number: int, desk: AtDesk) -> Response:
    """No mailings, former employee; and each taken back."""
    what = desk.fields.first("what")
    told: dict[str, Any] = {}
    with desk.changing(what[:40], f"person {number}", told) as session:
        person = person_at(desk, session, number)
        match what:
            case "no mailings":
                told["cancelled"] = stop_mailings(session, person, desk.user.name)
            case "mailings again":
                allow_mailings(person)
            case "former employee":
                told["cancelled"] = make_former_employees(session, [person.id], desk.user.name).cancelled
            case "employee again":
                bring_back(person)
            case _:
                raise Unreadable(desk.say("person_which_mark"))
    return desk.moved_to(path("people", number), "person_changed")


@router.post("/people/{number}/erase", response_model=None)
def erase(number: int, desk: AtDesk) -> Response:
    """Off every list as of now, for good after some days (domain.md F.4)."""
    desk.must(Role.ADMIN)
    told: dict[str, Any] = {}
    with desk.changing("erase", f"person {number}", told) as session:
        done = delete(session, person_at(desk, session, number), desk.door.settings.erase_after_days, desk.user.name)
        told |= {"cancelled": done.cancelled, "until": f"{done.until:%Y-%m-%d}"}
    return desk.moved_to(path("people", number), "person_is_leaving", cancelled=done.cancelled, until=f"{done.until:%Y-%m-%d}")


@router.post("/people/{number}/undo", response_model=None)
def undo(number: int, desk: AtDesk) -> Response:
    """There again, with everything."""
    desk.must(Role.ADMIN)
    told: dict[str, Any] = {}
    with desk.changing("take back erasing", f"person {number}", told) as session:
        person = person_at(desk, session, number)
        told["since"] = f"{person.deleted_at:%Y-%m-%d}" if person.deleted_at else ""
        take_back(session, person)
    return desk.moved_to(path("people", number), "person_is_back")


@router.get("/erasing", response_model=None)
def erasing(desk: AtDesk) -> Response:
    """Who is being erased, and what is kept how long."""
    desk.must(Role.ADMIN)
    settings = desk.door.settings
    with desk.door.database.reading() as session:
        people = deleted_people(session, SHOWN)
        events, oldest = kept_events(session)
        return desk.show("people/erasing.html", people=people, settings=settings, events=events, oldest=oldest)
