"""Withdraws: consent as a whole, or one topic. In force at once: what was queued for that person is cancelled in the same transaction."""

from __future__ import annotations

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from mailings import clock
from mailings.consent.cancelling import cancel_queued, recipients_of
from mailings.db import insert_into
from mailings.model import EMARKETING, Basis, Consent, Mailing, OptOut, Recipient


def withdraw(session: Session, person_id: int, source: str, by: str | None = None) -> bool:
    """The person does not want to be written to any more (domain.md C.7, F.3). False when that is in force already.

    Queued deliveries are cancelled, except of mailings that override consent (house.md 4).
    """
    newest = select(Consent.basis).where(Consent.person_id == person_id, Consent.purpose == EMARKETING)
    before = session.scalar(newest.order_by(Consent.id.desc()).limit(1))
    if before is not Basis.WITHDRAWN:
        row = Consent(person_id=person_id, purpose=EMARKETING, basis=Basis.WITHDRAWN, source=source, given_at=clock.now(), given_by=by)
        session.add(row)
        session.flush()
    theirs = recipients_of(Recipient.person_id == person_id, Mailing.override_consent.is_(False))
    cancel_queued(session, theirs, f"Consent was withdrawn ({source}).", by)
    return before is not Basis.WITHDRAWN


def opt_out(session: Session, person_id: int, topic_id: int, source: str, by: str | None = None) -> bool:
    """The person does not take this topic; others go on (domain.md C.7, F.1). False when that is in force already.

    Queued deliveries of mailings of the topic are cancelled, except of those that override consent and subscription.
    """
    row = {"person_id": person_id, "topic_id": topic_id, "since": clock.now(), "source": source}
    written = session.execute(insert_into(session, OptOut).values(row).on_conflict_do_nothing().returning(OptOut.id)).all()
    theirs = recipients_of(Recipient.person_id == person_id, Mailing.topic_id == topic_id, Mailing.override_consent.is_(False))
    cancel_queued(session, theirs, f"The person opted out of the mailing's topic ({source}).", by)
    return bool(written)


def subscribe(session: Session, person_id: int, topic_id: int) -> bool:
    """The person takes the topic again: the opt-out in force ends, its row stays. False when there was none. Brings no delivery back."""
    ended = update(OptOut).where(OptOut.person_id == person_id, OptOut.topic_id == topic_id, OptOut.ended_at.is_(None))
    return bool(session.execute(ended.values(ended_at=clock.now()).returning(OptOut.id)).all())
