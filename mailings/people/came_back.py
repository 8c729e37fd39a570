"""What came back from one person: their visits, what providers reported, and what their clicks set going (domain.md F.4)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from mailings.model import (
    Address,
    Associate,
    Base,
    Delivery,
    Errand,
    Event,
    EventReading,
    FollowUp,
    Mailing,
    Person,
    Project,
    Recipient,
    Request,
    TrackedLink,
)
from mailings.model.event import VISIT
from mailings.people.was_sent import theirs


def came_back(session: Session, person: Person) -> dict[str, list[dict[str, Any]]]:
    """Visits, reports, errands, follow-ups and requests, each in the order things happened."""
    return {
        "visits": _visits(session, person),
        "reports": _reports(session, person),
        "errands": _errands(session, person),
        "follow_ups": _follow_ups(session, person),
        "requests": _requests(session, person),
    }


def _visits(session: Session, person: Person) -> list[dict[str, Any]]:
    """What our own pages saw: `machine` = why it was not taken for the person's own."""
    links = (TrackedLink.mailing_id == Event.mailing_id) & (TrackedLink.number == Event.link)
    rows = select(Event, Mailing.name, TrackedLink.url, EventReading.machine).outerjoin(Mailing, Mailing.id == Event.mailing_id)
    rows = rows.outerjoin(TrackedLink, links).outerjoin(EventReading, EventReading.event_id == Event.id)
    found = session.execute(rows.where(Event.delivery_id.in_(theirs(person)), Event.source == VISIT).order_by(Event.id))
    return [
        _said(
            event,
            ("at", "kind", "method", "agent", "network"),
            mailing=mailing,
            url=event.url or url,
            machine=machine,
        )
        for event, mailing, url, machine in found
    ]


def _reports(session: Session, person: Person) -> list[dict[str, Any]]:
    """What providers told of messages to the person and of their addresses and number, as it came; what they answered among it."""
    normals = select(Address.normal).where(Address.person_id == person.id)
    number = [person.mobile_normal] if person.mobile_normal else []
    about = and_(or_(Event.address.in_(normals), Event.address.in_(number)), ~_to_somebody())
    whose: ColumnElement[bool] = or_(Event.delivery_id.in_(theirs(person)), about)
    rows = select(Event, Mailing.name).outerjoin(Mailing, Mailing.id == Event.mailing_id).where(whose, Event.source != VISIT)
    columns = (
        *("at", "kind", "source", "address", "code", "reason", "bounce", "bounce_why"),
        *("url", "agent", "network", "provider_key", "original"),
    )
    return [_said(event, columns, mailing=mailing) for event, mailing in session.execute(rows.order_by(Event.id))]


def _to_somebody() -> ColumnElement[bool]:
    """The event is of a message to a person or company: who shares the address has messages of their own. Tests are the address's."""
    whose = select(Delivery.id).join(Recipient, Recipient.id == Delivery.recipient_id)
    named = or_(Recipient.person_id.is_not(None), Recipient.company_id.is_not(None))
    return whose.where(Delivery.id == Event.delivery_id, Delivery.test.is_(False), named).correlate(Event).exists()


def _errands(session: Session, person: Person) -> list[dict[str, Any]]:
    rows = select(Errand, Mailing.name).outerjoin(Mailing, Mailing.id == Errand.mailing_id)
    found = session.execute(rows.where(Errand.delivery_id.in_(theirs(person))).order_by(Errand.id))
    return [_said(errand, ("due_at", "done_at", "outcome"), mailing=mailing, link=errand.link) for errand, mailing in found]


def _follow_ups(session: Session, person: Person) -> list[dict[str, Any]]:
    rows = select(FollowUp, Project.name, Associate.name).outerjoin(Project, Project.id == FollowUp.project_id)
    rows = rows.outerjoin(Associate, Associate.id == FollowUp.assigned_to_id).where(FollowUp.person_id == person.id)
    columns = ("created_at", "kind", "description", "task_type", "starts_at", "minutes", "created_by")
    found = session.execute(rows.order_by(FollowUp.id))
    return [_said(made, columns, project=project, assigned_to=associate) for made, project, associate in found]


def _requests(session: Session, person: Person) -> list[dict[str, Any]]:
    rows = select(Request, Associate.name).outerjoin(Associate, Associate.id == Request.owner_id).where(Request.person_id == person.id)
    found = session.execute(rows.order_by(Request.id))
    return [_said(made, ("created_at", "title", "priority", "category", "message", "origin"), owner=owner) for made, owner in found]


def _said(row: Base, columns: Sequence[str], **more: Any) -> dict[str, Any]:
    """The columns that hold something, moments in ISO 8601."""
    values = {column: getattr(row, column) for column in columns} | more
    return {name: _told(value) for name, value in values.items() if value not in (None, "")}


def _told(value: Any) -> Any:
    return value.isoformat(timespec="milliseconds") if isinstance(value, datetime) else value
