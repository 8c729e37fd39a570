"""What came back of one mailing, a row for each message, page by page (domain.md I)."""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from mailings.model import Company, Delivery, Person, Recipient
from mailings.reported import BounceKind, BounceWhy

PAGE = 100  # rows, as the original's lists have (domain.md C.10)


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
