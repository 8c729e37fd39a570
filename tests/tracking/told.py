"""What the tests of absorbing start from: deliveries that are out, reports of them, and the state these lead to."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from mailings.channels.email.identity import mark_of
from mailings.db import Database
from mailings.model import AddressStanding, Delivery, DeliveryStatus, Event, Mailing
from mailings.reported import BounceKind, EventKind, Report
from mailings.settings import Settings
from mailings.tracking.absorb import absorb
from tests.sending import world

K, B = EventKind, BounceKind


def out(db: Database, count: int = 1, status: str = "sent", name: str = "høst-nytt", **facts: Any) -> list[int]:
    """A mailing to åse-0000@fjord.test, ..., every delivery in that status; their numbers."""
    mailing_id = world.sending(db, name, count, **facts)
    took = {"claimed_at": world.START, "sent_at": world.START if status == "sent" else None}
    with db.writing() as session:
        moved = update(Delivery).where(Delivery.mailing_id == mailing_id)
        session.execute(moved.values(status=DeliveryStatus(status), **(took if status != "queued" else {})))
        return list(session.scalars(select(Delivery.id).where(Delivery.mailing_id == mailing_id).order_by(Delivery.id)))


def said(db: Database, delivery: int | None, kind: EventKind, minute: float = 1, **facts: Any) -> Report:
    """A report of a delivery, so many minutes after the start; its key made of what it says."""
    at = world.START + timedelta(minutes=minute)
    facts = {"mark": mark(db, delivery), "address": address(db, delivery), **facts} if delivery else facts
    key = f"{delivery} {kind} {minute} {facts.get('address')} {facts.get('bounce')} {facts.get('reason')}"
    return Report(
        **{"kind": kind, "at": at, "delivery": delivery, "mark": None, "content_key": key, "original": {"event": kind.value}, **facts}
    )


def mark(db: Database, delivery: int) -> str:
    """The mark the delivery went out under."""
    with db.reading() as session:
        return mark_of(session.get_one(Mailing, session.get_one(Delivery, delivery).mailing_id))


def address(db: Database, delivery: int) -> str | None:
    """Where the delivery went."""
    with db.reading() as session:
        asked = "SELECT COALESCE(d.address, r.address) FROM delivery d LEFT JOIN recipient r ON r.id = d.recipient_id WHERE d.id = :id"
        return session.execute(text(asked), {"id": delivery}).scalar_one()


def heard(db: Database, *reports: Report, source: str = "sendgrid", **settings: Any) -> int:
    """Absorb them, as a door does; how many were new."""
    with db.writing() as session:
        return absorb(session, reports, source, Settings(**settings))


def delivery(db: Database, number: int) -> Delivery:
    """The delivery as it stands."""
    with db.reading() as session:
        found = session.get_one(Delivery, number)
        session.expunge(found)
        return found


def standing(db: Database, normal: str) -> AddressStanding | None:
    """How the address stands."""
    with db.reading() as session:
        found = session.get(AddressStanding, normal)
        if found:
            session.expunge(found)
        return found


def events(db: Database) -> list[Event]:
    """Every event, in order."""
    with db.reading() as session:
        found = list(session.scalars(select(Event).order_by(Event.id)))
        session.expunge_all()
        return found


STATE = {
    "deliveries": "SELECT id, status, code, CASE WHEN status <> 'cancelled' THEN reason END, bounce, sent_at, soft_bounced_at,"
    " complained_at, unsubscribed_at, next_attempt_at, opened_at, clicked_at, provider_id FROM delivery ORDER BY id",
    "standings": "SELECT normal, bounces, last_bounce_at, last_bounce_code, last_bounce_reason, blocked_at IS NOT NULL, complained_at,"
    " unsubscribed_at IS NOT NULL FROM address_standing ORDER BY normal",
    "consents": "SELECT person_id, basis FROM consent ORDER BY person_id, id",
    "opt-outs": "SELECT person_id, topic_id FROM opt_out ORDER BY person_id, topic_id",
    "events": "SELECT content_key, delivery_id, address, kind FROM event ORDER BY content_key",
}


def state(session: Session) -> dict[str, list[tuple[Any, ...]]]:
    """All that reports lead to, without our own numbers and times, and without which of two reasons was the first to be heard of."""
    return {what: [tuple(row) for row in session.execute(text(sql))] for what, sql in STATE.items()}


def minutes(moment: datetime | None) -> float | None:
    """A moment as minutes after the start."""
    return None if moment is None else (moment - world.START).total_seconds() / 60
