"""What a person's first click creates: follow-ups and requests, each with a row in the outbox (domain.md E.3, D14, D24)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from mailings import clock
from mailings.content.actions import AUTOMATIC, UNASSIGNED, FollowUpPart, RequestPart
from mailings.errors import NotFound
from mailings.model import Associate, Company, FollowUp, Mailing, Outbox, Person, Request
from mailings.people.projects import project_named

EMARKETING_ORIGIN = 9  # of a request (domain.md E.3)
MORNING = time(9)  # when follow-ups begin


@dataclass(frozen=True, slots=True)
class Doing:
    """One person's click on one link. `first` = what creates something is done for this one."""

    person: Person
    mailing: Mailing
    link: str
    event: int
    first: bool


def make_follow_up(session: Session, doing: Doing, chosen: FollowUpPart) -> list[str]:
    """A to-do or meeting with the person, for our contact where it says so, else for the default recipient. Raises NotFound."""
    ours = _contact(session, doing.person) if chosen.assign_to_our_contact else None
    assigned = ours or (_associate(session, chosen.default_recipient) if chosen.default_recipient else None)
    made = FollowUp(
        person_id=doing.person.id,
        kind=chosen.kind,
        description=chosen.description,
        task_type=chosen.task_type,
        project_id=project_named(session, chosen.project).id if chosen.project else None,
        assigned_to_id=assigned,
        created_by=doing.mailing.created_by,
        starts_at=starts_at(clock.now(), chosen.in_days, chosen.zone),
        minutes=chosen.minutes,
        event_id=doing.event,
        created_at=clock.now(),
    )
    session.add(made)
    session.flush()
    words = {"kind": made.kind, "description": made.description, "starts_at": made.starts_at.isoformat()}
    _tell(session, doing, "follow_up", (made.id, assigned, words))
    return [f"Made a {made.kind}" + (" assigned to nobody." if assigned is None else ".")]


def starts_at(moment: datetime, days: int, zone: str) -> datetime:
    """Nine in the morning so many days later by the clock of the zone; never before the moment itself."""
    day = moment.astimezone(ZoneInfo(zone)).date() + timedelta(days=days)
    return max(datetime.combine(day, MORNING, ZoneInfo(zone)).astimezone(UTC), moment)


def make_request(session: Session, doing: Doing, chosen: RequestPart) -> list[str]:
    """A request of the person's; automatic = for who supports the person, else our contact. Raises NotFound."""
    owner = None
    if chosen.owner == AUTOMATIC:
        owner = doing.person.support_contact_id or _contact(session, doing.person)
    elif chosen.owner != UNASSIGNED:
        owner = _associate(session, chosen.owner)
    made = Request(
        person_id=doing.person.id,
        title=chosen.title,
        priority=chosen.priority,
        category=chosen.category,
        owner_id=owner,
        origin=EMARKETING_ORIGIN,
        event_id=doing.event,
        created_at=clock.now(),
    )
    session.add(made)
    session.flush()
    words = {"title": made.title, "priority": made.priority, "category": made.category, "origin": made.origin}
    _tell(session, doing, "request", (made.id, owner, words))
    return ["Made a request" + (" owned by nobody." if owner is None else ".")]


def _tell(session: Session, doing: Doing, what: str, made: tuple[int, int | None, Mapping[str, Any]]) -> None:
    """Into the outbox: numbers and the author's words, nothing that names the person."""
    key, associate, words = made
    told = {"id": key, "person": doing.person.id, "associate": associate, "mailing": doing.mailing.name, "link": doing.link}
    session.add(Outbox(what=what, subject_id=key, payload={**told, **words}, created_at=clock.now()))


def _contact(session: Session, person: Person) -> int | None:
    """Our contact of the person, else of the company, as templates have it (domain.md D.4)."""
    if person.our_contact_id is not None or person.company_id is None:
        return person.our_contact_id
    return session.scalar(select(Company.our_sales_contact_id).where(Company.id == person.company_id))


def _associate(session: Session, username: str) -> int:
    found = session.scalar(select(Associate.id).where(Associate.username == username))
    if found is None:
        raise NotFound(f"There is no associate named {username!r}.")
    return found
