"""Which mailings ought to be picked up now: those whose time has come, and those whose run ended with something left to do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import ColumnElement, exists, or_, select, text
from sqlalchemy.orm import Session

from mailings.clock import milliseconds, now
from mailings.model import Delivery, DeliveryStatus, Lease, Mailing, MailingStatus, MailingType
from mailings.sending import leases
from mailings.sending.soonest import SOON, soonest

COPIED = timedelta(minutes=2)  # for the run that made a recurring mailing's copy to begin with it; after that it is taken for dead
HEAD_START = timedelta(seconds=15)  # of a loop of `mailings deliver`, which looks every second: only then is Prefect asked for a run


@dataclass(frozen=True, slots=True)
class Due:
    """A mailing to be picked up. `why` is for people: one phrase."""

    mailing_id: int
    name: str
    why: str


def due(session: Session) -> list[Due]:
    """The mailings to pick up now, the longest waiting first. Nobody is at work on any of them (house.md 5.2)."""
    return _scheduled(session) + _left_alone(session, HEAD_START)


def due_responses(session: Session, *, thorough: bool) -> list[Due]:
    """Of them the form responses, at once: what somebody asked for and waits for.

    Every second a loop asks for what an index tells: what is due, and mailings that somebody left without a word. `thorough` walks the
    messages of each, for those queued by other ways (a resend, a decision about doubt), which wait for no moment.
    """
    responses = Mailing.type == MailingType.FORM_RESPONSE
    if thorough:
        return _left_alone(session, timedelta(0), responses)
    # every lane: so that SQLite takes the index of what waits, and not the one of all there ever was (14 ms a look at 50,000)
    waits = exists().where(Delivery.mailing_id == Mailing.id, Delivery.lane >= 0, Delivery.next_attempt_at <= now(), ~Delivery.test)
    # in the words of its index, not as parameters
    left = exists().where(Lease.mailing_id == Mailing.id, text("lease.role = 'conductor' AND lease.ended_at IS NULL"))
    asked = select(Mailing).where(responses, Mailing.status == MailingStatus.SENDING, or_(waits, left)).order_by(Mailing.id)
    return [Due(m.id, m.name, "somebody waits for it") for m in session.scalars(asked) if not _at_work(session, m)]


def _scheduled(session: Session) -> list[Due]:
    moment = now()
    asked = (
        select(Mailing)
        .where(Mailing.status == MailingStatus.SCHEDULED, Mailing.scheduled_at <= moment)
        .where(or_(Mailing.occasion.is_(None), Mailing.created_at <= moment - COPIED))
        .order_by(Mailing.scheduled_at, Mailing.id)
    )
    return [Due(m.id, m.name, "its time has come") for m in session.scalars(asked) if not _at_work(session, m)]


def _left_alone(session: Session, head_start: timedelta, *which: ColumnElement[bool]) -> list[Due]:
    """Begun, nobody at work, and not merely waiting for a retry that is still to come."""
    begun = select(Mailing).where(Mailing.status.in_((MailingStatus.POPULATING, MailingStatus.SENDING)), *which)
    alone = [m for m in session.scalars(begun.order_by(Mailing.id)) if not _at_work(session, m)]
    return [Due(m.id, m.name, why) for m in alone if (why := _why(session, m, head_start))]


def _at_work(session: Session, mailing: Mailing) -> bool:
    return bool(leases.alive(session, mailing.id))


def _why(session: Session, mailing: Mailing, head_start: timedelta) -> str | None:
    answers = mailing.type is MailingType.FORM_RESPONSE
    if mailing.status is MailingStatus.POPULATING:
        return "its run stopped while the list was being made"
    retry = _has(session, mailing, Delivery.next_attempt_at <= now() - (head_start if answers else timedelta(0)))
    # after the index on the due ones: what follows walks the mailing's rows, and only where no run is alive
    left = retry or _has(session, mailing, Delivery.status == DeliveryStatus.QUEUED, Delivery.next_attempt_at.is_(None))
    if left and _may(session, mailing):
        return "somebody waits for it" if answers else "a retry is due" if retry else "its run stopped before everybody was served"
    if _has(session, mailing, Delivery.status == DeliveryStatus.SENDING):
        return "its run stopped in the middle of a message"
    if _has(session, mailing, Delivery.status == DeliveryStatus.QUEUED):
        return None  # waits for a retry still to come, or until its limits let something leave
    return None if answers else "everybody is served and the books are not closed"  # a form response stays open for whoever asks next


def _may(session: Session, mailing: Mailing) -> bool:
    """True when the mailing's limits let something leave soon: nobody starts a run a minute until seven in the morning."""
    found = soonest(session, mailing)
    return found is not None and found.at <= milliseconds() + SOON


def _has(session: Session, mailing: Mailing, *conditions: ColumnElement[bool]) -> bool:
    found = exists().where(Delivery.mailing_id == mailing.id, Delivery.test.is_(False), *conditions)
    return bool(session.scalar(select(found)))
