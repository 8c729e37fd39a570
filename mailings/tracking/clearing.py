"""What people do about bounces: allow addresses again, delete them, or say that somebody left (domain.md I). In force at once."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, delete, or_, select, update
from sqlalchemy.orm import Session

from mailings import clock
from mailings.consent.cancelling import cancel_queued
from mailings.consent.standing import unblock_addresses
from mailings.db import among
from mailings.model import Address, Company, Delivery, DeliveryStatus, Event, Mailing, Person, Recipient
from mailings.reported import EventKind

DELETED = "The address was deleted."
LEFT = "The person does not work there any more."


@dataclass(frozen=True, slots=True)
class Cleared:
    """What was changed: addresses or people, deliveries taken off the list of bounces, queued ones cancelled."""

    changed: int
    cleaned: int
    cancelled: int = 0


def clear_bounces(session: Session, normals: Collection[str]) -> Cleared:
    """These addresses may be written to again: block and count end, what bounced before does not count. A complaint stays.

    A provider's own list is the provider's: SendGrid drops what stands on it until it is taken off there, too.
    """
    return Cleared(unblock_addresses(session, normals), _clean(session, normals))


def delete_addresses(session: Session, normals: Collection[str], by: str | None = None) -> Cleared:
    """Take these addresses out of the database for good, from people and companies, who stay; what is queued for them is cancelled.

    How they stand is kept, so that a list that brings one of them in again finds it blocked.
    """
    cleaned = _clean(session, normals)
    cancelled = cancel_queued(session, _written_to_at(session, normals), DELETED, by)
    gone = session.scalars(delete(Address).where(among(session, Address.normal, normals)).returning(Address.normal)).all()
    companies = update(Company).where(among(session, Company.email_normal, normals)).returning(Company.email_normal)
    none = session.scalars(companies.values(email="", email_normal=None, email_valid=False)).all()
    session.expire_all()
    return Cleared(len({*gone, *none} & set(normals)), cleaned, cancelled)


def make_former_employees(session: Session, person_ids: Collection[int], by: str | None = None) -> Cleared:
    """These people left their company: they are on no list any more, and what is queued for them is cancelled (domain.md C.5)."""
    left = update(Person).where(among(session, Person.id, person_ids), ~Person.retired).values(retired=True).returning(Person.id)
    changed = len(session.scalars(left).all())
    theirs = select(Recipient.id).where(among(session, Recipient.person_id, person_ids))
    cancelled = cancel_queued(session, theirs, LEFT, by)
    return Cleared(changed, _mark_clean(session, Delivery.recipient_id.in_(theirs)), cancelled)


def _clean(session: Session, normals: Collection[str]) -> int:
    """The bounces of these addresses are dealt with: found by what was reported of them, and by who has them."""
    told = select(Event.delivery_id).where(among(session, Event.address, normals), Event.kind == EventKind.BOUNCED)
    theirs = _written_to_at(session, normals)
    return _mark_clean(session, or_(Delivery.id.in_(told), Delivery.recipient_id.in_(theirs)))


def _mark_clean(session: Session, whose: ColumnElement[bool]) -> int:
    came_back = or_(Delivery.bounce.is_not(None), Delivery.status == DeliveryStatus.BOUNCED)  # by evidence alone its kind is not known
    cleaned = update(Delivery).where(whose, came_back, Delivery.cleaned_at.is_(None)).values(cleaned_at=clock.now())
    return len(session.scalars(cleaned.returning(Delivery.id).execution_options(synchronize_session=False)).all())


def _written_to_at(session: Session, normals: Collection[str]) -> Select[int]:
    """Recipient ids written to at these addresses: people, companies and bare addresses, each found by an index."""
    people = select(Address.person_id).where(among(session, Address.normal, normals))
    companies = select(Company.id).where(among(session, Company.email_normal, normals))
    bare = Recipient.person_id.is_(None) & Recipient.company_id.is_(None) & Recipient.mailing_id.in_(select(Mailing.id))
    there = or_(Recipient.person_id.in_(people), Recipient.company_id.in_(companies), bare)
    return select(Recipient.id).where(among(session, Recipient.address, normals), there)
