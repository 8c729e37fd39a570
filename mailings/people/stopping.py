"""Says that a person gets no mailings, or may again; and that somebody who left their company is back. In force at once."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from mailings.consent.cancelling import cancel_queued
from mailings.model import Person, Recipient

REASON = "No mailings is set for the person."


def stop_mailings(session: Session, person: Person, by: str | None = None) -> int:
    """Set No mailings (domain.md C.5); what is queued for them is cancelled. How many messages."""
    person.no_mailings = True
    session.flush()
    return cancel_queued(session, select(Recipient.id).where(Recipient.person_id == person.id), REASON, by)


def allow_mailings(person: Person) -> None:
    """Take No mailings off; consent and topics are as they were."""
    person.no_mailings = False


def bring_back(person: Person) -> None:
    """No former employee any more."""
    person.retired = False
