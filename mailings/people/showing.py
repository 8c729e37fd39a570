"""Everything held about one person, in one document: what `people show` prints and a data subject may ask for (domain.md F.4)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from mailings.model import (
    Address,
    AddressStanding,
    Base,
    Company,
    Consent,
    Delivery,
    DeliveryNote,
    Evidence,
    ImportedRow,
    Interest,
    Mailing,
    OptOut,
    Person,
    PersonInterest,
    Project,
    ProjectMember,
    Recipient,
    Selection,
    SelectionMember,
    Source,
    Topic,
)
from mailings.people.came_back import came_back

_PLAIN = (
    "name", "first_name", "middle_name", "last_name", "salutation", "title", "position", "language", "country", "mobile", "mobile_normal",
    "phone", "direct_phone", "username", "number", "category", "business", "note", "custom", "retired", "no_mailings", "created_at",
)  # fmt: skip


def show(session: Session, person: Person) -> dict[str, Any]:
    """The whole of it: moments in ISO 8601 (UTC), lists in the order things happened, empty columns left out."""
    company = session.get(Company, person.company_id) if person.company_id else None
    plain = {column: _told(value) for column in _PLAIN if (value := getattr(person, column)) not in ("", None, {})}
    return {
        "id": person.id,
        **plain,
        "company": company.name if company else None,
        "addresses": _addresses(session, person),
        "consents": _consents(session, person),
        "opt_outs": _opt_outs(session, person),
        "interests": list(
            session.scalars(select(Interest.name).join(PersonInterest).where(PersonInterest.person_id == person.id).order_by(Interest.name))
        ),
        "selections": list(
            session.scalars(
                select(Selection.name).join(SelectionMember).where(SelectionMember.person_id == person.id).order_by(Selection.name)
            )
        ),
        "projects": list(
            session.scalars(select(Project.name).join(ProjectMember).where(ProjectMember.person_id == person.id).order_by(Project.name))
        ),
        "mailings": _mailings(session, person),
        **came_back(session, person),
        "lists": _lists(session, person),
    }


def _addresses(session: Session, person: Person) -> list[dict[str, Any]]:
    shown = []
    for address in person.addresses:
        one: dict[str, Any] = {"address": address.normal, "written": address.written, "rank": address.rank, "valid": address.valid}
        if address.problem:
            one["problem"] = address.problem
        if standing := session.get(AddressStanding, address.normal):
            columns = [column.key for column in AddressStanding.__table__.columns if column.key != "normal"]
            one["standing"] = {column: _told(value) for column in columns if (value := getattr(standing, column)) is not None}
        shown.append(one)
    return shown


def _consents(session: Session, person: Person) -> list[dict[str, Any]]:
    """The whole history, oldest first; the newest of a purpose is in force."""
    rows = list(session.scalars(select(Consent).where(Consent.person_id == person.id).order_by(Consent.id)))
    newest = {row.purpose: row.id for row in rows}
    return [
        {
            "purpose": row.purpose,
            "basis": row.basis.value,
            "source": row.source,
            "given_at": _told(row.given_at),
            "given_by": row.given_by,
            "comment": row.comment,
            "in_force": newest[row.purpose] == row.id,
        }
        for row in rows
    ]


def _opt_outs(session: Session, person: Person) -> list[dict[str, Any]]:
    rows = session.execute(select(OptOut, Topic.name).join(Topic).where(OptOut.person_id == person.id).order_by(OptOut.id))
    return [
        {"topic": topic, "since": _told(row.since), "source": row.source, "ended_at": _told(row.ended_at), "in_force": row.ended_at is None}
        for row, topic in rows
    ]


def _mailings(session: Session, person: Person) -> list[dict[str, Any]]:
    """Every mailing the person is or was a recipient of, with what became of each message; tests are marked."""
    rows = session.execute(select(Recipient, Mailing).join(Mailing).where(Recipient.person_id == person.id).order_by(Recipient.id)).all()
    shown = []
    for recipient, mailing in rows:
        sent = session.scalars(select(Delivery).where(Delivery.recipient_id == recipient.id).order_by(Delivery.id))
        one = {"mailing": mailing.name, "status": mailing.status.value, "verdict": recipient.verdict.value, "address": recipient.address}
        shown.append(one | {"overridden": recipient.overridden, "deliveries": [_delivery(session, delivery) for delivery in sent]})
    return shown


def _delivery(session: Session, delivery: Delivery) -> dict[str, Any]:
    columns = ("sent_at", "attempts", "next_attempt_at", "address", "code", "reason", "provider_id")
    told = _columns(delivery, columns)
    notes = session.scalars(select(DeliveryNote).where(DeliveryNote.delivery_id == delivery.id).order_by(DeliveryNote.id))
    words = session.scalars(select(Evidence).where(Evidence.delivery_id == delivery.id).order_by(Evidence.id))
    history = [_columns(note, ("at", "what", "why", "by")) for note in notes]
    evidence = [_columns(word, ("at", "verdict", "source", "said")) for word in words]
    if before := session.get(Delivery, delivery.again_of or 0):
        told["again_after"] = before.status.value  # what the message came to that this one repeats
    told |= {"history": history} if history else {}
    told |= {"evidence": evidence} if evidence else {}
    return {"status": delivery.status.value, "test": delivery.test, **told}


def _columns(row: Base, columns: Sequence[str]) -> dict[str, Any]:
    return {column: _told(value) for column in columns if (value := getattr(row, column)) is not None}


def _lists(session: Session, person: Person) -> list[dict[str, Any]]:
    """Rows of lists that were copied for a mailing and hold one of the person's addresses."""
    theirs = select(Address.normal).where(Address.person_id == person.id)
    rows = session.execute(
        select(Mailing.name, Source.label, ImportedRow.row, ImportedRow.name, ImportedRow.written)
        .join(Source, Source.id == ImportedRow.source_id)
        .join(Mailing, Mailing.id == Source.mailing_id)
        .where(ImportedRow.normal.in_(theirs))
        .order_by(ImportedRow.id)
    )
    return [
        {"mailing": mailing, "list": label, "row": row, "name": name, "written": written} for mailing, label, row, name, written in rows
    ]


def _told(value: Any) -> Any:
    return value.isoformat(timespec="milliseconds") if isinstance(value, datetime) else value
