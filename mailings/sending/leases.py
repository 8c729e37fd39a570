"""Leases: who is at work on a mailing. One conductor, any number of senders; the lease of a dead process is taken over."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from mailings import seams
from mailings.clock import now, stands
from mailings.errors import AtWork
from mailings.model import Lease, LeaseRole, Mailing
from mailings.seams import Seam
from mailings.sending import processes

LAPSE = timedelta(seconds=30)  # a lease of another host not renewed for this long is dead
KEPT = timedelta(hours=1)
SERVER_CLOCK = "SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000 AS bigint)"


def moment(session: Session) -> datetime:
    """Now, by the one clock that everybody at work shares: PostgreSQL's own; SQLite's senders share a machine, and so ours."""
    if session.get_bind().dialect.name == "sqlite" or stands():
        return now()
    return datetime.fromtimestamp(session.execute(text(SERVER_CLOCK)).scalar_one() / 1000, UTC)


def take(session: Session, mailing: Mailing, role: LeaseRole) -> Lease:
    """A lease for this process. Raises AtWork, naming who and since when, while another conductor is at work."""
    if role is LeaseRole.CONDUCTOR:
        end_dead(session, mailing.id)
        must_be_free(session, mailing)
    at, pid = moment(session), os.getpid()
    lease = Lease(
        mailing_id=mailing.id,
        role=role,
        host=processes.host(),
        pid=pid,
        process_started=processes.started(pid),
        taken_at=at,
        renewed_at=at,
    )
    session.add(lease)
    seams.before(Seam.LEASE)
    try:
        session.flush()
    except IntegrityError as error:  # two runs began in the same moment; the unique index let one through
        raise AtWork(f"{mailing.name} is being sent by another run that began just now; look at: mailings status") from error
    seams.after(Seam.LEASE)
    return lease


def must_be_free(session: Session, mailing: Mailing) -> None:
    """Raises AtWork, naming who and since when, while a conductor is at work on the mailing."""
    if holder := conductor_of(session, mailing.id):
        where, since = f"process {holder.pid} on {holder.host.split()[0]}", f"{holder.taken_at.astimezone():%Y-%m-%d %H:%M:%S}"
        raise AtWork(f"{mailing.name} is already being sent by {where} since {since}; follow it with: mailings status {mailing.name}")


def conductor_of(session: Session, mailing_id: int) -> Lease | None:
    """The conductor at work on the mailing, if one is alive."""
    return next((lease for lease in alive(session, mailing_id) if lease.role is LeaseRole.CONDUCTOR), None)


def alive(session: Session, mailing_id: int) -> list[Lease]:
    """The leases of everybody at work on the mailing, the oldest first."""
    return [lease for lease in not_ended(session, mailing_id) if is_alive(session, lease)]


def not_ended(session: Session, mailing_id: int) -> list[Lease]:
    """The leases nobody has ended, of the living and of the dead, the oldest first."""
    asked = select(Lease).where(Lease.mailing_id == mailing_id, Lease.ended_at.is_(None)).order_by(Lease.id)
    return list(session.scalars(asked))


def is_alive(session: Session, lease: Lease) -> bool:
    """On this host the process itself answers; on another, renewal within 30 seconds.

    A renewal from the future counts as little as an old one: the clock was turned back since, and the living renew every 5 seconds.
    """
    if lease.ended_at is not None:
        return False
    if lease.host == processes.host():
        return processes.started(lease.pid) == lease.process_started
    return abs(moment(session) - lease.renewed_at) < LAPSE


def renew(session: Session, lease_ids: list[int]) -> bool:
    """Say that these leases are still in use, True if all are; one that was taken over stays ended."""
    renewed = update(Lease).where(Lease.id.in_(lease_ids), Lease.ended_at.is_(None)).values(renewed_at=moment(session))
    return len(session.scalars(renewed.returning(Lease.id)).all()) == len(lease_ids)


def end(session: Session, lease_id: int) -> None:
    """End a lease in the normal way."""
    session.execute(update(Lease).where(Lease.id == lease_id, Lease.ended_at.is_(None)).values(ended_at=moment(session)))


def forget(session: Session, mailing_id: int) -> None:
    """Delete the mailing's leases that ended long ago: one that stays open would gather two for every message."""
    session.execute(delete(Lease).where(Lease.mailing_id == mailing_id, Lease.ended_at < moment(session) - KEPT))


def end_dead(session: Session, mailing_id: int) -> list[int]:
    """End the leases of dead processes; their ids. One that is renewed in the same moment stays."""
    found = not_ended(session, mailing_id)
    return [lease.id for lease in found if not is_alive(session, lease) and ended_as_seen(session, lease)]


def ended_as_seen(session: Session, lease: Lease) -> bool:
    """End the lease if it still stands as it was read; False when its holder renewed it meanwhile."""
    seen = (Lease.id == lease.id) & (Lease.renewed_at == lease.renewed_at) & Lease.ended_at.is_(None)
    ended = update(Lease).where(seen).values(ended_at=moment(session)).returning(Lease.id)
    return session.scalar(ended) is not None
