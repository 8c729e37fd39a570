"""How an address stands: blocked by a person or provider, or its owner complained. Never overridden (domain.md D19)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from mailings import clock
from mailings.consent.cancelling import cancel_queued, recipients_at
from mailings.consent.withdrawing import withdraw
from mailings.db import among, insert_into
from mailings.model import Address, AddressStanding

#: said of a number whose owner wants no text messages: theirs to take back, by START, and nobody else's
STOP = "STOP was sent from this number"


def block_address(session: Session, normal: str, why: str) -> int:
    """Write nothing more to this address (domain.md D7); a first reason is kept. Returns how many queued deliveries were cancelled."""
    _ensure_standing(session, normal)
    standing = session.get_one(AddressStanding, normal, populate_existing=True)
    if standing.blocked_at is None:
        standing.blocked_at, standing.blocked_why, standing.changed_at = clock.now(), why, clock.now()
        session.flush()
    return cancel_queued(session, recipients_at(normal), f"The address was blocked: {why}")


def unblock_addresses(session: Session, normals: Collection[str]) -> int:
    """Allow these addresses again: block and bounce count end, what bounced before is forgotten; a complaint stays, and so does STOP.

    Returns how many there was anything against.
    """
    against = or_(AddressStanding.blocked_at.is_not(None), AddressStanding.bounces > 0)
    allowed = update(AddressStanding).where(among(session, AddressStanding.normal, normals), against)
    cleared = allowed.values(blocked_at=None, blocked_why=None, bounces=0, cleared_at=clock.now())
    return len(session.scalars(cleared.returning(AddressStanding.normal)).all())


def stop_number(session: Session, number: str) -> int:
    """STOP was sent from this number: no text message goes there, whatever else is held against it. Returns how many were cancelled."""
    _ensure_standing(session, number)
    now = clock.now()
    first = update(AddressStanding).where(AddressStanding.normal == number, AddressStanding.stopped_at.is_(None))
    session.execute(first.values(stopped_at=now, changed_at=now))
    return cancel_queued(session, recipients_at(number), f"The address was blocked: {STOP}")


def take_back_stop(session: Session, number: str) -> bool:
    """START was sent from it; what blocks it for another reason stays. False when there was no STOP."""
    theirs = update(AddressStanding).where(AddressStanding.normal == number, AddressStanding.stopped_at.is_not(None))
    return bool(session.scalars(theirs.values(stopped_at=None).returning(AddressStanding.normal)).all())


def why_blocked(stopped_at: datetime | None, blocked_why: str | None) -> str:
    """Both reasons why nothing goes to an address, as one sentence each; empty where its bounces alone stop it."""
    return "; ".join(filter(None, (STOP if stopped_at is not None else "", blocked_why)))


def complain(session: Session, normal: str, at: datetime | None = None) -> int:
    """The owner of this address reported us as spam: its people's consent is withdrawn (domain.md C.7), nothing queued goes there.

    Returns how many queued deliveries were cancelled, also of mailings that override consent.
    """
    _ensure_standing(session, normal)
    standing = session.get_one(AddressStanding, normal, populate_existing=True)
    if standing.complained_at is None:
        standing.complained_at, standing.changed_at = at or clock.now(), clock.now()
        session.flush()
    cancelled = cancel_queued(session, recipients_at(normal), "The recipient reported us as spam.")
    for person_id in session.scalars(select(Address.person_id).where(Address.normal == normal).distinct()).all():
        withdraw(session, person_id, "Complaint")
    return cancelled


def _ensure_standing(session: Session, normal: str) -> None:
    session.execute(insert_into(session, AddressStanding).values(normal=normal, bounces=0).on_conflict_do_nothing())
