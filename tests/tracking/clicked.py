"""A mailing with links that do something, its readers, and their clicks as the web door writes them down."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from mailings.clock import standing_at
from mailings.content.actions import Actions
from mailings.db import Database
from mailings.model import (
    Address,
    Associate,
    Delivery,
    DeliveryStatus,
    Errand,
    Event,
    EventReading,
    Mailing,
    MailingStatus,
    MailingType,
    Person,
    Recipient,
    TrackedLink,
)
from mailings.reported import EventKind
from mailings.settings import Settings
from mailings.tracking.errands import UNTIL_READ, note_errands, run_due_errands
from mailings.tracking.visits import Visit
from tests.sending.world import START

AGENT = "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"


def sent(session: Session, name: str = "høst-nytt", **facts: Any) -> Mailing:
    """A mailing that went out."""
    made = Mailing(name=name, type=MailingType.EMAIL, status=MailingStatus.SENT, created_at=START, created_by="solveig", **facts)
    session.add(made)
    session.flush()
    return made


def linked(session: Session, mailing: Mailing, number: int = 1, **actions: Any) -> TrackedLink:
    """A link of the mailing with these actions."""
    stored = Actions.model_validate(actions).stored()
    made = TrackedLink(mailing_id=mailing.id, number=number, name=f"lenke{number}", url=f"https://fjord.test/{number}", actions=stored)
    session.add(made)
    session.flush()
    return made


def reader(session: Session, name: str = "Désirée van der IJssel", **facts: Any) -> Person:
    """A person with an address."""
    local = name.split(maxsplit=1)[0].lower()
    made = Person(name=name, created_at=START, **facts)
    made.addresses = [Address(written=f"{local}@fjord.test", normal=f"{local}@fjord.test", valid=True)]
    session.add(made)
    session.flush()
    return made


def associate(session: Session, username: str = "sølvi") -> Associate:
    """One of ours."""
    made = Associate(username=username, name="Sølvi Ås")
    session.add(made)
    session.flush()
    return made


def delivered(session: Session, mailing: Mailing, person: Person | None, *, test: bool = False, address: str = "") -> Delivery:
    """A message to the person, or to a bare address, sent at START."""
    normal = address or (person.addresses[0].normal if person else "åse@fjord.test")
    got = Recipient(mailing_id=mailing.id, person_id=person.id if person else None, address=normal)
    session.add(got)
    session.flush()
    made = Delivery(mailing_id=mailing.id, recipient_id=got.id, status=DeliveryStatus.SENT, test=test, sent_at=START)
    session.add(made)
    session.flush()
    return made


def click(session: Session, delivery: Delivery, link: int = 1, *, machine: str | None = None, after: float = 60) -> int:
    """A click so many seconds after sending, read as a machine's or as a person's, with its errand; the event's id."""
    at = START + timedelta(seconds=after)
    before = select(EventReading.event_id).join(Event, Event.id == EventReading.event_id)
    before = before.where(Event.delivery_id == delivery.id, Event.link == link, EventReading.machine.is_(None))
    first = machine is None and session.scalar(before.limit(1)) is None
    told = {"mailing_id": delivery.mailing_id, "delivery_id": delivery.id, "link": link, "agent": AGENT}
    event = Event(at=at, received_at=at, kind=EventKind.CLICKED, source="visit", **told)
    session.add(event)
    session.flush()
    session.add(EventReading(event_id=event.id, version=1, machine=machine, first=first))
    session.flush()
    with standing_at(at):
        note_errands(session, [(event.id, Visit(EventKind.CLICKED, at, delivery.mailing_id, delivery.id, link, agent=AGENT))])
    return event.id


def click_address(session: Session, delivery: Delivery, url: str, *, machine: str | None = None) -> None:
    """A click on an address that only this message has, marked on the delivery as the writer of visits does."""
    told = {"mailing_id": delivery.mailing_id, "delivery_id": delivery.id, "url": url, "agent": AGENT}
    event = Event(at=START, received_at=START, kind=EventKind.CLICKED, source="visit", **told)
    session.add(event)
    session.flush()
    session.add(EventReading(event_id=event.id, version=1, machine=machine, first=machine is None))
    if machine is None:
        delivery.clicked_at = START
    else:
        delivery.machine_clicked_at = START
    session.flush()


def later(after: float = 60) -> datetime:
    """When the errands of a click so many seconds after sending are due."""
    return START + timedelta(seconds=after) + UNTIL_READ


def run(db: Database, settings: Settings | None = None, after: float = 3600) -> int:
    """Do the errands due so many seconds after sending; how many."""
    with standing_at(later(after)):
        return run_due_errands(db, settings or Settings())


def outcomes(db: Database) -> list[str | None]:
    """What came of every errand, in the order of the clicks."""
    with db.reading() as session:
        return list(session.scalars(select(Errand.outcome).order_by(Errand.id)))
