"""Whose link it is: from the delivery in a token to the message, its mailing and who got it."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session, defer

from mailings.errors import Untrusted
from mailings.model import Delivery, Mailing, Person, Recipient


@dataclass(frozen=True, slots=True)
class Reader:
    """Who got one message. `person` is None for companies and bare addresses: of them only the address is known."""

    delivery: Delivery
    mailing: Mailing
    recipient: Recipient
    person: Person | None

    @property
    def address(self) -> str:
        """The normal address the message went to; empty where that is not known any more."""
        return self.delivery.address or self.recipient.address or ""

    @property
    def counts(self) -> bool:
        """False for tests: what their readers do changes nothing and counts nowhere (domain.md D11, D22)."""
        return not self.delivery.test


def reader_of(session: Session, delivery_id: int) -> Reader:
    """The reader of a delivery. Raises Untrusted where there is nobody: no such delivery, a person who was erased for good.

    Of somebody deleted the links hold until then: whoever is being erased can still say no, and see what is kept of it.
    """
    asked = (  # what the mailing says, half a megabyte it may be, is for view-online alone, which asks for it by itself
        select(Delivery, Mailing, Recipient, Person)
        .join(Mailing, Mailing.id == Delivery.mailing_id)
        .outerjoin(Recipient, Recipient.id == Delivery.recipient_id)
        .outerjoin(Person, Person.id == Recipient.person_id)
        .options(defer(Mailing.html), defer(Mailing.text))
    )
    found = session.execute(asked.where(Delivery.id == delivery_id)).one_or_none()
    if found is None or _gone(found.Delivery, found.Recipient):
        raise Untrusted("This link does not hold.")
    recipient = found.Recipient or Recipient(mailing_id=found.Mailing.id)  # a test of a mailing that has no recipients yet
    return Reader(found.Delivery, found.Mailing, recipient, found.Person)


def hold(session: Session, reader: Reader) -> None:
    """Let others who would change the same person's choices wait for the end of this transaction: two clicks at a time are one by one."""
    if reader.person is not None:
        session.execute(select(Person.id).where(Person.id == reader.person.id).with_for_update(key_share=True))


def _gone(delivery: Delivery, recipient: Recipient | None) -> bool:
    if recipient is None:
        return not delivery.test
    return recipient.erased_at is not None
