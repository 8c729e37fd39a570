"""A no is in force at once: who withdrew, opted out or was blocked while a message was in hand or waited does not get it later."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import ColumnElement, and_, exists, or_, select, text
from sqlalchemy.orm import Session

from mailings.audience.populate import populate
from mailings.consent.cancelling import cancel_queued
from mailings.consent.rules import address_blocked, address_complained, address_left, being_erased, opted_out, withdrawn
from mailings.model import AddressStanding, Consent, Delivery, DeliveryStatus, Mailing, OptOut, Person, Recipient
from mailings.settings import Settings

SKEW = timedelta(seconds=5)  # clocks of two hosts differ
WHY = "The person or the address said no while the message waited."


def judge_again(session: Session, mailing: Mailing) -> bool:
    """Just before deliveries are queued: decide every verdict again if anybody said no since the list was made; True if so.

    Withdrawing cancels what is queued; while nothing is queued yet there is nothing to cancel. Who says no after this transaction is
    cancelled the ordinary way.
    """
    hold_still(session)
    if mailing.populated_at is not None and not _said_no_since(session, mailing):
        return False
    populate(session, mailing, launch=False)
    return True


def hold_still(session: Session) -> None:
    """Nobody says no until this transaction ends, so that nothing is queued beside it; SQLite has one writer anyway."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("LOCK TABLE consent, opt_out, address_standing IN SHARE MODE"))


def cancel_forbidden(session: Session, mailing_id: int, due: int, settings: Settings) -> int:
    """Cancel deliveries due by `due` (milliseconds) whose recipient said no after they were first claimed; how many."""
    asked = select(Recipient.id).join(Delivery, Delivery.recipient_id == Recipient.id).join(Mailing, Mailing.id == Recipient.mailing_id)
    moment = datetime.fromtimestamp(due / 1000, UTC)
    waiting = and_(Delivery.mailing_id == mailing_id, Delivery.next_attempt_at <= moment, Delivery.status == DeliveryStatus.QUEUED)
    return cancel_queued(session, asked.where(waiting, or_(*_forbidden(settings))), WHY)


def _forbidden(settings: Settings) -> list[ColumnElement[bool]]:
    """Of the verdicts of domain.md C.5 those that come into force at once (house.md 4); an override lifts consent and topic only."""
    row, topic = Recipient.metadata.tables["recipient"].c, Mailing.metadata.tables["mailing"].c.topic_id
    left = and_(row.person_id.is_(None), address_left(row.address))
    return [
        row.erased_at.is_not(None),
        being_erased(row.person_id, row.address),
        address_blocked(row.address, settings.bounce_threshold),
        address_complained(row.address),
        and_(~Mailing.override_consent, or_(withdrawn(row.person_id), opted_out(row.person_id, topic), left)),
    ]


def _said_no_since(session: Session, mailing: Mailing) -> bool:
    since = mailing.populated_at - SKEW if mailing.populated_at else None
    changes = (
        exists().where(Consent.given_at >= since),
        exists().where(OptOut.since >= since),
        exists().where(Person.deleted_at >= since),
        exists().where(AddressStanding.changed_at >= since),  # a provider may tell of a no long after it was said
    )
    return bool(session.scalar(select(or_(*changes))))
