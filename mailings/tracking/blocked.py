"""Lists of bounces: addresses nothing is sent to, complaints, and what bounced of one mailing; page by page (domain.md I)."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, func, select
from sqlalchemy.orm import Session, aliased

from mailings.consent.rules import standing_blocked
from mailings.consent.standing import why_blocked
from mailings.model import Address, AddressStanding, Company, Delivery, Person, Recipient
from mailings.people.former import only_of_the_deleted
from mailings.reported import BounceKind, BounceWhy

PAGE = 100  # rows, as the original's lists have (domain.md C.10)


class Blocked(NamedTuple):
    """An address that nothing is sent to. `blocked_why` = what whoever blocked it says, STOP first; empty where its bounces did."""

    address: str
    person_id: int | None
    name: str
    company: str
    bounces: int
    blocked_at: datetime | None
    blocked_why: str
    last_bounce_at: datetime | None
    code: str
    reason: str
    why: BounceWhy | None


class Complaint(NamedTuple):
    """Somebody who reported us as spam."""

    address: str
    person_id: int | None
    name: str
    company: str
    complained_at: datetime


class Bounced(NamedTuple):
    """A message of one mailing that came back. `type` is person, company or address; `cleaned` = dealt with."""

    delivery: int
    recipient: int
    type: str
    person_id: int | None
    name: str
    address: str
    company: str
    code: str
    reason: str
    why: BounceWhy | None
    kind: BounceKind
    cleaned: bool


def blocked(session: Session, threshold: int, after: str = "", limit: int = PAGE) -> list[Blocked]:
    """The next addresses after `after`, in their order, that are blocked or bounced `threshold` times in a row."""
    stopped = standing_blocked(AddressStanding, threshold)
    return [
        Blocked(
            row.normal, row.person_id, *_who(row), row.bounces,
            row.blocked_at or row.stopped_at, why_blocked(row.stopped_at, row.blocked_why),
            row.last_bounce_at, row.last_bounce_code or "", row.last_bounce_reason or "", row.last_bounce_why,
        )
        for row in session.execute(_standings(stopped, after, limit))
    ]  # fmt: skip


def complaints(session: Session, after: str = "", limit: int = PAGE) -> list[Complaint]:
    """The next addresses after `after`, in their order, whose owners reported us as spam."""
    rows = session.execute(_standings(AddressStanding.complained_at.is_not(None), after, limit))
    return [Complaint(row.normal, row.person_id, *_who(row), row.complained_at) for row in rows]


def bounced_of(session: Session, mailing_id: int, after: int = 0, limit: int = PAGE) -> list[Bounced]:
    """What came back of one mailing, after delivery `after`; tests are none of it (domain.md D11)."""
    asked = (
        select(Delivery, Recipient, Person.name.label("person"), Person.company_id, Company.name.label("company"))
        .join(Recipient, Recipient.id == Delivery.recipient_id)
        .outerjoin(Person, Person.id == Recipient.person_id)
        .outerjoin(Company, Company.id == func.coalesce(Recipient.company_id, Person.company_id))
        .where(
            Delivery.mailing_id == mailing_id,
            Delivery.bounce.is_not(None),
            Delivery.id > after,
            ~Delivery.test,
            Person.deleted_at.is_(None),
        )
    )
    return [_bounced(row) for row in session.execute(asked.order_by(Delivery.id).limit(limit))]


def _bounced(row: Any) -> Bounced:
    delivery, recipient = row.Delivery, row.Recipient
    kind = "person" if recipient.person_id else "company" if recipient.company_id else "address"
    name = row.person or (row.company if recipient.company_id else recipient.name) or ""
    return Bounced(
        delivery.id, recipient.id, kind, recipient.person_id, name, delivery.address or recipient.address or "", row.company or "",
        delivery.code or "", delivery.reason or "", delivery.bounce_why, delivery.bounce, delivery.cleaned_at is not None,
    )  # fmt: skip


def _standings(which: ColumnElement[bool], after: str, limit: int) -> Select[tuple[AddressStanding]]:
    """Standings with whoever has the address, known longest: a person before a company."""
    table = AddressStanding.__table__.c
    somebody, firm = aliased(Person), aliased(Company)
    owner = select(func.min(Address.person_id)).join(somebody, somebody.id == Address.person_id)
    owned = owner.where(Address.normal == AddressStanding.normal, somebody.deleted_at.is_(None)).scalar_subquery()
    called = select(func.min(somebody.id)).where(somebody.mobile_normal == AddressStanding.normal, somebody.deleted_at.is_(None))
    theirs = select(func.min(firm.id)).where(firm.email_normal == AddressStanding.normal, firm.deleted_at.is_(None)).scalar_subquery()
    asked = select(*table, Person.id.label("person_id"), Person.name.label("person"), Company.name.label("company"))
    joined = asked.select_from(AddressStanding).outerjoin(Person, Person.id == func.coalesce(owned, called.scalar_subquery()))
    joined = joined.outerjoin(Company, Company.id == func.coalesce(Person.company_id, theirs))
    there = AddressStanding.normal.not_in(only_of_the_deleted())
    return joined.where(and_(which, there, AddressStanding.normal > after)).order_by(AddressStanding.normal).limit(limit)


def _who(row: Any) -> tuple[str, str]:
    return row.person or "", row.company or ""
