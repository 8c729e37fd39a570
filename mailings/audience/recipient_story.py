"""Everything that happened to one recipient's messages, each moment with what is known of it: for whoever asks why."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import chain

import orjson
from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from mailings.model import Delivery, DeliveryNote, Event, EventReading, Evidence, Recipient, TrackedLink
from mailings.model.event import VISIT

MOST = 500  # moments of one message; a machine may ask for a picture ten thousand times


@dataclass(frozen=True, slots=True)
class Moment:
    """One thing that happened. `what` = a status, an event's kind or what was done; `said` = the words of whoever said so."""

    at: datetime
    what: str
    said: str
    by: str  #: who told: a provider, a person, our own door ("visit"), empty = ourselves
    machine: str | None = None  #: why a visit is read as a machine's
    original: str = ""  #: what was told, as it came: a provider's words, the evidence a returned message was read by


@dataclass(frozen=True, slots=True)
class Message:
    """One message to the recipient, and its moments in the order they happened; `more` = there are more than are told."""

    delivery: Delivery
    moments: list[Moment]
    more: bool


def messages_to(session: Session, recipient: Recipient) -> list[Message]:
    """Every message, the latest first; tests are among them, marked (D11)."""
    rows = select(Delivery).where(Delivery.recipient_id == recipient.id).order_by(Delivery.id.desc())
    return [_told(session, delivery) for delivery in session.scalars(rows)]


def _told(session: Session, delivery: Delivery) -> Message:
    found = sorted(chain(_ours(delivery), _notes(session, delivery), _words(session, delivery), _events(session, delivery)), key=_when)
    return Message(delivery, found[:MOST], len(found) > MOST)


def _when(moment: Moment) -> datetime:
    return moment.at


def _ours(delivery: Delivery) -> Iterator[Moment]:
    if delivery.claimed_at:
        yield Moment(delivery.claimed_at, "claimed", "", "")
    if delivery.sent_at:
        yield Moment(delivery.sent_at, "sent", delivery.provider_id or "", "")
    if delivery.cleaned_at:
        yield Moment(delivery.cleaned_at, "cleaned", "", "")


def _notes(session: Session, delivery: Delivery) -> Iterator[Moment]:
    for note in session.scalars(select(DeliveryNote).where(DeliveryNote.delivery_id == delivery.id).order_by(DeliveryNote.id)):
        yield Moment(note.at, note.what, note.why, note.by or "")


def _words(session: Session, delivery: Delivery) -> Iterator[Moment]:
    for word in session.scalars(select(Evidence).where(Evidence.delivery_id == delivery.id).order_by(Evidence.id)):
        yield Moment(word.at, "evidence", word.said, word.source)


def _events(session: Session, delivery: Delivery) -> Iterator[Moment]:
    link = and_(TrackedLink.mailing_id == Event.mailing_id, TrackedLink.number == Event.link)
    rows = select(Event, EventReading.machine, TrackedLink.url).outerjoin(EventReading, EventReading.event_id == Event.id)
    rows = rows.outerjoin(TrackedLink, link).where(Event.delivery_id == delivery.id).order_by(Event.id).limit(MOST + 1)
    for event, machine, url in session.execute(rows):
        code = event.code if not (event.reason or "").startswith(event.code or "") else None  # their words may begin with it
        told = (event.url or url, event.agent) if event.source == VISIT else (code, event.reason)
        original = "" if not event.original else orjson.dumps(event.original, option=orjson.OPT_INDENT_2).decode()
        yield Moment(event.at, event.kind.value, " ".join(filter(None, told)), event.source, machine, original)
