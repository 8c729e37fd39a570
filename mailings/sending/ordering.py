"""A resend that a run was asked for: carried out once, however often that run is begun."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from mailings.clock import now
from mailings.model import Mailing, ResendOrder
from mailings.sending.choosing import read_choice
from mailings.sending.resending import Again, resend


def resend_once(session: Session, mailing: Mailing, run: str | None, *, reload: bool, only: str = "") -> Again:
    """What `resend` does, once for each `run`: a call with the same one queues nobody, and tells what the first came to.

    Who has just got the repetition is `unopened` again, and named again: only the order tells a run that is begun again from another
    decision. Its status is today's, so that the run goes on with whom it queued. `run` None = each call is a decision.
    The mailing is locked by the caller; of two calls with the same run the later finds the order. Raises as `resend` does, keeping nothing.
    """
    if run is not None and (done := _carried_out(session, mailing, run)):
        return Again(mailing.name, mailing.status, done.queued, done.again, done.left_out, repeated=True)
    again = resend(session, mailing, reload=reload, only=only)
    if run is not None:
        counts = {"queued": again.queued, "again": again.again, "left_out": again.left_out}
        session.add(ResendOrder(mailing_id=mailing.id, run=run, asked=_in_words(only), at=now(), **counts))
        session.flush()
    return again


def _carried_out(session: Session, mailing: Mailing, run: str) -> ResendOrder | None:
    return session.scalar(select(ResendOrder).where(ResendOrder.mailing_id == mailing.id, ResendOrder.run == run))


def _in_words(only: str) -> str:
    """Whom it was for, without anybody's address."""
    if not only.strip():
        return "everybody who has not received it"
    choice = read_choice(only)
    count = len(choice.addresses)
    addresses = [f"{count} address{'es' if count > 1 else ''}"] if count else []
    return ", ".join([*choice.statuses, *choice.unmoved, *addresses])
