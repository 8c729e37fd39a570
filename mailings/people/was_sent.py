"""What was sent to one person: every mailing that has them, every message with what became of it, and the lists that named them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from mailings.model import Address, Base, Delivery, DeliveryNote, Evidence, ImportedRow, Mailing, Person, Recipient, Source, TextSlot
from mailings.people.erasing import recipients_of_person

_DELIVERY = (
    "claimed_at", "sent_at", "attempts", "next_attempt_at", "address", "code", "reason", "provider_id", "bounce", "bounce_why",
    "soft_bounced_at", "opened_at", "clicked_at", "machine_opened_at", "machine_clicked_at", "complained_at", "unsubscribed_at",
    "cleaned_at",
)  # fmt: skip


def was_sent(session: Session, person: Person) -> dict[str, list[dict[str, Any]]]:
    """Mailings, rows of lists copied for mailings, mailings whose sources name the person, and text messages counted under caps."""
    return {
        "mailings": _mailings(session, person),
        "lists": _lists(session, person),
        "named_for": _sources(session, person),
        "texts": _texts(session, person),
    }


def theirs(person: Person) -> Select[int]:
    """Ids of the person's deliveries: as a recipient, to a bare address or number of theirs, and tests that went to one."""
    normals = _where(person)
    recipients = recipients_of_person(person.id, normals)
    tests = Delivery.test & Delivery.address.in_(normals)
    return select(Delivery.id).where(or_(Delivery.recipient_id.in_(recipients), tests))


def _where(person: Person) -> list[str]:
    """Where messages of any kind reach the person: addresses and number."""
    return [*(address.normal for address in person.addresses), *([person.mobile_normal] if person.mobile_normal else [])]


def _mailings(session: Session, person: Person) -> list[dict[str, Any]]:
    """Every mailing the person is or was a recipient of, with what became of each message; tests are marked."""
    whose = recipients_of_person(person.id, _where(person))
    rows = session.execute(select(Recipient, Mailing).join(Mailing).where(Recipient.id.in_(whose)).order_by(Recipient.id)).all()
    shown = []
    for recipient, mailing in rows:
        sent = session.scalars(select(Delivery).where(Delivery.recipient_id == recipient.id).order_by(Delivery.id))
        one = {"mailing": mailing.name, "status": mailing.status.value, "verdict": recipient.verdict.value, "address": recipient.address}
        named = {"name": recipient.name} if recipient.name else {}
        shown.append(one | named | {"overridden": recipient.overridden, "deliveries": [_delivery(session, delivery) for delivery in sent]})
    return shown + _tests(session, person)


def _tests(session: Session, person: Person) -> list[dict[str, Any]]:
    """Test messages to an address of theirs, filled with somebody else's data or nobody's."""
    normals = _where(person)
    whose = recipients_of_person(person.id, normals)
    rows = select(Delivery, Mailing).join(Mailing, Mailing.id == Delivery.mailing_id).where(Delivery.test, Delivery.address.in_(normals))
    others = rows.where(or_(Delivery.recipient_id.is_(None), Delivery.recipient_id.not_in(whose)))
    return [
        {"mailing": mailing.name, "status": mailing.status.value, "deliveries": [_delivery(session, delivery)]}
        for delivery, mailing in session.execute(others.order_by(Delivery.id))
    ]


def _delivery(session: Session, delivery: Delivery) -> dict[str, Any]:
    told = _columns(delivery, _DELIVERY)
    notes = session.scalars(select(DeliveryNote).where(DeliveryNote.delivery_id == delivery.id).order_by(DeliveryNote.id))
    words = session.scalars(select(Evidence).where(Evidence.delivery_id == delivery.id).order_by(Evidence.id))
    history = [_columns(note, ("at", "what", "why", "by")) for note in notes]
    evidence = [_columns(word, ("at", "verdict", "source", "said")) for word in words]
    if before := session.get(Delivery, delivery.again_of or 0):
        told["again_after"] = before.status.value  # what the message came to that this one repeats
    told |= {"history": history} if history else {}
    told |= {"evidence": evidence} if evidence else {}
    return {"status": delivery.status.value, "test": delivery.test, **told}


def _lists(session: Session, person: Person) -> list[dict[str, Any]]:
    """Rows of lists that were copied for a mailing and hold an address of theirs, or nothing but their number."""
    listed = ImportedRow.normal.in_(select(Address.normal).where(Address.person_id == person.id))
    same = or_(listed, ImportedRow.mobile_normal == person.mobile_normal) if person.mobile_normal else listed
    rows = select(Mailing.name, Source.label, ImportedRow).join(Source, Source.id == ImportedRow.source_id)
    found = session.execute(rows.join(Mailing, Mailing.id == Source.mailing_id).where(same).order_by(ImportedRow.id))
    return [
        {"mailing": mailing, "list": label, **_columns(row, ("row", "name", "written", "mobile_normal"))} for mailing, label, row in found
    ]


def _sources(session: Session, person: Person) -> list[dict[str, Any]]:
    rows = select(Mailing.name, Source.label).join(Mailing, Mailing.id == Source.mailing_id).where(Source.person_id == person.id)
    return [{"mailing": mailing, "written": label} for mailing, label in session.execute(rows.order_by(Source.id))]


def _texts(session: Session, person: Person) -> list[dict[str, Any]]:
    """When text messages of the last days left for them: kept while a cap is set."""
    whose = or_(TextSlot.number == person.mobile_normal, TextSlot.delivery_id.in_(theirs(person)))
    rows = select(TextSlot).where(whose).order_by(TextSlot.at, TextSlot.delivery_id)
    return [_columns(slot, ("at", "number")) for slot in session.scalars(rows)]


def _columns(row: Base, columns: Sequence[str]) -> dict[str, Any]:
    return {column: _told(value) for column in columns if (value := getattr(row, column)) is not None}


def _told(value: Any) -> Any:
    return value.isoformat(timespec="milliseconds") if isinstance(value, datetime) else value
