"""People and mailings with messages that wait, for tests of what must hold at once."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from mailings import clock
from mailings.addresses import read_address
from mailings.model import (
    Address,
    Basis,
    Company,
    Consent,
    Delivery,
    DeliveryNote,
    DeliveryStatus,
    Mailing,
    MailingStatus,
    MailingType,
    Person,
    Recipient,
    Topic,
    Verdict,
)


def a_person(session: Session, *addresses: str, basis: Basis | None = Basis.CONSENT, **more: Any) -> Person:
    """A person with these addresses, in order, and a consent unless `basis` is None."""
    person = Person(**{"name": f"Åse {addresses[0] if addresses else ''}", "created_at": clock.now()} | more)
    person.addresses = [Address(rank=rank, written=a, normal=read_address(a).normal, valid=True) for rank, a in enumerate(addresses, 1)]
    session.add(person)
    session.flush()
    if basis:
        session.add(Consent(person_id=person.id, basis=basis, source="Import", given_at=clock.now()))
        session.flush()
    return person


def a_topic(session: Session, name: str = "News") -> Topic:
    """A topic."""
    topic = Topic(name=name)
    session.add(topic)
    session.flush()
    return topic


def a_mailing(session: Session, name: str, topic: Topic | None = None, **more: Any) -> Mailing:
    """A mailing that is being sent."""
    told = {"type": MailingType.EMAIL, "status": MailingStatus.SENDING, "created_at": clock.now(), "started_at": clock.now()}
    mailing = Mailing(name=name, topic_id=topic.id if topic else None, **told | more)
    session.add(mailing)
    session.flush()
    return mailing


def queue(session: Session, mailing: Mailing, whom: Person | Company | str, status: DeliveryStatus = DeliveryStatus.QUEUED) -> Delivery:
    """A recipient of the mailing with one delivery: a person, a company, or a bare address."""
    recipient = Recipient(mailing_id=mailing.id, verdict=Verdict.ELIGIBLE)
    if isinstance(whom, Person):
        recipient.person_id, recipient.address = whom.id, whom.addresses[0].normal
    elif isinstance(whom, Company):
        recipient.company_id, recipient.address = whom.id, whom.email_normal
    else:
        recipient.address, recipient.name = whom, "Bare"
    session.add(recipient)
    session.flush()
    delivery = Delivery(mailing_id=mailing.id, recipient_id=recipient.id, status=status)
    session.add(delivery)
    session.flush()
    return delivery


def statuses(session: Session, *deliveries: Delivery) -> list[str]:
    """What the database says of these deliveries now."""
    session.expire_all()
    return [delivery.status.value for delivery in deliveries]


def notes(session: Session, delivery: Delivery) -> list[tuple[str, str]]:
    """The history lines of a delivery."""
    rows = session.execute(
        select(DeliveryNote.what, DeliveryNote.why).where(DeliveryNote.delivery_id == delivery.id).order_by(DeliveryNote.id)
    )
    return [(what, why) for what, why in rows]
