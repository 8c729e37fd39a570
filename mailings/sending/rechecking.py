"""A no is in force at once: who withdrew, opted out or was blocked while a message was in hand or waited does not get it later."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import ColumnElement, and_, exists, or_, select, text
from sqlalchemy.orm import Session

from mailings.audience.populate import populate
from mailings.consent.cancelling import cancel_queued
from mailings.consent.rules import (
    ALL_BASES,
    accepted_bases,
    address_blocked,
    address_complained,
    address_left,
    being_erased,
    opted_out,
    withdrawn,
)
from mailings.model import Address, AddressStanding, Consent, Delivery, DeliveryStatus, Mailing, OptOut, Person, Recipient, Verdict
from mailings.settings import Settings, settings

SKEW = timedelta(hours=1)  # by which the clock of a host that wrote a no may be behind
WHY = "The person or the address said no while the message waited."


def judge_again(session: Session, mailing: Mailing) -> bool:
    """Just before deliveries are queued: decide every verdict again if anybody on the list said no since it was made; True if so.

    Withdrawing cancels what is queued; while nothing is queued yet there is nothing to cancel. Who says no after this transaction is
    cancelled the ordinary way.
    """
    hold_still(session)
    if mailing.populated_at is not None and not _said_no_since(session, mailing, settings()):
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


def _said_no_since(session: Session, mailing: Mailing, settings: Settings) -> bool:
    """Whether one of the eligible recipients is among those who said no since the list was made, by whichever host's clock."""
    noes = _noes(mailing.populated_at - SKEW if mailing.populated_at else None, settings)
    if not session.scalar(select(or_(*(exists().where(no) for no, _ in noes)))):
        return False
    # looked up for each recipient, not joined: before PostgreSQL has counted the noes, it walks all of them for each (144 s at 100,000)
    theirs = or_(*(exists().where(no, whose) for no, whose in noes))
    asked = select(Recipient.id).where(Recipient.mailing_id == mailing.id, Recipient.verdict == Verdict.ELIGIBLE, theirs)
    return session.scalar(asked.limit(1)) is not None


def _noes(since: datetime | None, settings: Settings) -> list[tuple[ColumnElement[bool], ColumnElement[bool]]]:
    """What counts as a no said since then, each with what ties it to a recipient."""
    row, bases = Recipient, accepted_bases(settings.accepted_bases) if settings.consent_filter else ALL_BASES  # domain.md D2, D4
    deleted = Person.deleted_at >= since
    return [
        (and_(Consent.given_at >= since, Consent.basis.not_in(bases)), Consent.person_id == row.person_id),
        (and_(OptOut.since >= since, OptOut.ended_at.is_(None)), OptOut.person_id == row.person_id),
        (deleted, Person.id == row.person_id),
        (AddressStanding.changed_at >= since, AddressStanding.normal == row.address),  # a provider may tell long after it was said
        (and_(deleted, Address.person_id == Person.id), Address.normal == row.address),
    ]
