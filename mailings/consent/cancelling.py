"""In force at once: turns queued deliveries into cancelled ones, with the reason and a line of history, in the caller's transaction."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Select, insert, or_, select, update
from sqlalchemy.orm import Session

from mailings import clock
from mailings.addresses import is_number
from mailings.consent.taking_back import take_back
from mailings.model import Address, Company, Delivery, DeliveryNote, DeliveryStatus, Mailing, MailingStatus, Person, Recipient

#: mailings of which deliveries may be waiting; of the others nothing is queued
_UNDER_WAY = (MailingStatus.SENDING, MailingStatus.PAUSED, MailingStatus.POPULATING)


def cancel_queued(session: Session, recipients: Select[int], reason: str, by: str | None = None) -> int:
    """Cancel what is queued for these recipient ids; returns how many deliveries. What is being handed over this moment is too late.

    A repetition that was never tried is taken back instead: what went out before is not displaced by what did not.
    """
    taken_back = take_back(session, Delivery.recipient_id.in_(recipients), reason, by)
    waiting = update(Delivery).where(
        Delivery.recipient_id.in_(recipients), Delivery.status == DeliveryStatus.QUEUED, Delivery.test.is_(False)
    )
    moved = waiting.values(status=DeliveryStatus.CANCELLED, reason=reason, next_attempt_at=None).returning(Delivery.id)
    ids = session.scalars(moved.execution_options(synchronize_session=False)).all()
    if ids:
        note = {"at": clock.now(), "what": DeliveryStatus.CANCELLED.value, "why": reason, "by": by}
        session.execute(insert(DeliveryNote), [{"delivery_id": delivery_id, **note} for delivery_id in ids])
    return len(ids) + taken_back


def recipients_of(person: ColumnElement[bool], *mailing: ColumnElement[bool]) -> Select[int]:
    """Recipient ids of the people whom `person` says, a condition on Recipient, on mailings for which all `mailing` conditions hold."""
    return select(Recipient.id).join(Mailing, Mailing.id == Recipient.mailing_id).where(person, *mailing)


def recipients_at(normal: str) -> Select[int]:
    """Recipient ids written to at this address or number: people, companies and bare addresses, each found by an index."""
    called, written = select(Person.id).where(Person.mobile_normal == normal), select(Address.person_id).where(Address.normal == normal)
    people = called if is_number(normal) else written
    companies = select(Company.id).where(Company.email_normal == normal)
    under_way = select(Mailing.id).where(Mailing.status.in_(_UNDER_WAY))
    bare = Recipient.person_id.is_(None) & Recipient.company_id.is_(None) & Recipient.mailing_id.in_(under_way)
    return select(Recipient.id).where(
        Recipient.address == normal, or_(Recipient.person_id.in_(people), Recipient.company_id.in_(companies), bare)
    )
