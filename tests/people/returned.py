"""A person who opened, clicked, bounced and asked for something: whatever can come back from one."""

from __future__ import annotations

from sqlalchemy.orm import Session

from mailings import clock
from mailings.model import (
    Associate,
    Delivery,
    Errand,
    Event,
    EventReading,
    FollowUp,
    Mailing,
    Outbox,
    Person,
    Project,
    Request,
    TrackedLink,
)
from mailings.reported import BounceKind, EventKind

AGENT = "Uniqbrowser/5.0"


def event(session: Session, delivery: Delivery, kind: EventKind, source: str = "visit", **said: object) -> Event:
    """Something that happened to a delivery."""
    at = clock.now()
    made = Event(at=at, received_at=at, kind=kind, source=source, mailing_id=delivery.mailing_id, delivery_id=delivery.id, **said)
    session.add(made)
    session.flush()
    return made


def everything_back(session: Session, mailing: Mailing, delivery: Delivery, person: Person) -> list[Event]:
    """An open of a machine's, a click with everything it can set going, and a bounce that repeats the address; a later one besides."""
    kari, messe = Associate(username="kari", name="Kari"), Project(name="Messe 2026", created_at=clock.now())
    link = TrackedLink(mailing_id=mailing.id, number=1, url="https://fjord.test/tilbud")
    session.add_all([kari, messe, link])
    session.flush()
    opened = event(session, delivery, EventKind.OPENED, agent=AGENT, network="203.0.113.0/24", method="HEAD")
    clicked = event(session, delivery, EventKind.CLICKED, agent=AGENT, link=1)
    dynamic = event(session, delivery, EventKind.CLICKED, agent=AGENT, url="https://fjord.test/?e=uniq")
    session.add_all([EventReading(event_id=opened.id, version=1, machine="head", first=False)])
    session.add_all([EventReading(event_id=one.id, version=1, machine=None, first=True) for one in (clicked, dynamic)])
    said = {"address": person.addresses[0].normal, "reason": "550 <uniq> unknown", "original": {"email": "uniq", "event": "bounce"}}
    bounced = event(session, delivery, EventKind.BOUNCED, "sendgrid", **said, code="550", bounce=BounceKind.HARD, provider_key="uniq-1")
    bounced.content_key = "digest"
    other = Event(at=clock.now(), received_at=clock.now(), kind=EventKind.DROPPED, source="sendgrid", **said)
    due = {"due_at": clock.now(), "mailing_id": mailing.id, "delivery_id": delivery.id, "link": 1}
    session.add_all(
        [
            other,
            Errand(event_id=clicked.id, **due, done_at=clock.now(), outcome="Uniq: made a to-do."),
            Errand(event_id=dynamic.id, **due),
            FollowUp(
                person_id=person.id, kind="to-do", description="Ring Uniq", starts_at=clock.now(), minutes=30, created_at=clock.now(),
                project_id=messe.id, assigned_to_id=kari.id, event_id=clicked.id,
            ),
            Request(person_id=person.id, title="Katalog til Uniq", origin=9, owner_id=kari.id, created_at=clock.now()),
        ]
    )  # fmt: skip
    session.flush()
    session.add_all(Outbox(what=what, subject_id=1, payload={"words": "uniq"}, created_at=clock.now()) for what in ("follow_up", "request"))
    session.flush()
    return [opened, clicked, dynamic, bounced, other]
