"""Everything held about one person, in one document: what `people show` prints and a data subject may ask for (domain.md F.4)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from mailings.model import (
    AddressStanding,
    Associate,
    Company,
    Consent,
    Interest,
    OptOut,
    Person,
    PersonInterest,
    Project,
    ProjectMember,
    Sale,
    Selection,
    SelectionMember,
    Topic,
)
from mailings.people.came_back import came_back
from mailings.people.sales import sale_told
from mailings.people.submitted import submitted
from mailings.people.was_sent import was_sent

_PLAIN = (
    "name", "first_name", "middle_name", "last_name", "salutation", "title", "position", "language", "country", "mobile", "mobile_normal",
    "street", "zip", "city", "use_as_postal",
    "phone", "direct_phone", "username", "number", "category", "business", "note", "custom", "rank", "retired", "no_mailings",
    "created_at", "deleted_at",
)  # fmt: skip


def show(session: Session, person: Person) -> dict[str, Any]:
    """The whole of it: moments in ISO 8601 (UTC), lists in the order things happened, empty columns left out."""
    company = session.get(Company, person.company_id) if person.company_id else None
    plain = {column: _told(value) for column in _PLAIN if (value := getattr(person, column)) not in ("", None, {})}
    if not (person.street or person.city):
        plain.pop("use_as_postal")  # of an address there is not
    return {
        "id": person.id,
        **plain,
        "company": company.name if company else None,
        **_looked_after(session, person),
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
        "sales": [sale_told(sale) for sale in session.scalars(select(Sale).where(Sale.person_id == person.id).order_by(Sale.number))],
        **came_back(session, person),
        "submissions": submitted(session, person),
        **was_sent(session, person),
    }


def _looked_after(session: Session, person: Person) -> dict[str, str]:
    """Whom of us the person knows."""
    ours = {"our_contact": person.our_contact_id, "support_contact": person.support_contact_id}
    return {role: session.get_one(Associate, key).name for role, key in ours.items() if key is not None}


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


def _told(value: Any) -> Any:
    return value.isoformat(timespec="milliseconds") if isinstance(value, datetime) else value
