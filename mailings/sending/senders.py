"""Several senders on one mailing: the conductor looks at the others in the database, and sends itself when nobody else does."""

from __future__ import annotations

import time
from collections.abc import Iterator

from sqlalchemy import func, or_, select

from mailings.clock import now
from mailings.db import Database
from mailings.model import Delivery, DeliveryStatus, Lease, LeaseRole, Mailing, MailingStatus
from mailings.sending import leases
from mailings.sending.recovery import recover
from mailings.sending.run import Run

LOOK = 1.0  # seconds between two looks


def looks(database: Database, run: Run, asked: int = 0) -> Iterator[int]:
    """A look a second while others send: how many are at work. Ends when nobody is, so that the run goes on by itself.

    `asked` shards that have not come yet are waited for, while something could be sent, MAILINGS_SHARD_PATIENCE at most: on a worker
    a run begins within 6-14 s, later only where none is free.
    """
    until = time.monotonic() + run.settings.shard_patience.total_seconds()
    while not run.stop.is_set():
        working = at_work(database, run)
        if not working and not (time.monotonic() < until and missing(database, run, asked) and could_be_sent(database, run)):
            return
        yield working
        run.stop.wait(LOOK)


def at_work(database: Database, run: Run) -> int:
    """How many other senders are at work on the run's mailing. What the dead among them held is put in doubt."""
    with database.reading() as session:
        found = [lease for lease in leases.not_ended(session, run.by.mailing_id) if _is_another(lease, run)]
        living = sum(leases.is_alive(session, lease) for lease in found)
    if living < len(found):
        with database.writing() as session:
            recover(session, run.by.mailing_id)
    return living


def missing(database: Database, run: Run, wanted: int) -> int:
    """How many of the `wanted` senders have not come: neither at work already, nor ended since this run began."""
    if not wanted:
        return 0
    mine, later = Lease.mailing_id == run.by.mailing_id, Lease.id > run.by.lease_id
    came = select(func.count()).where(
        mine, Lease.role == LeaseRole.SENDER, or_(later, Lease.ended_at.is_(None)), Lease.id != run.by.lease_id
    )
    with database.reading() as session:
        return max(0, wanted - session.scalars(came).one())


def could_be_sent(database: Database, run: Run) -> bool:
    """True while a delivery of the run's mailing waits for nothing but a sender."""
    open_now = or_(Delivery.next_attempt_at.is_(None), Delivery.next_attempt_at <= now())
    asked = (
        select(Delivery.id)
        .join(Mailing, Mailing.id == Delivery.mailing_id)
        .where(Mailing.status == MailingStatus.SENDING, Delivery.mailing_id == run.by.mailing_id)
        .where(Delivery.status == DeliveryStatus.QUEUED, ~Delivery.test, open_now)
        .limit(1)
    )
    with database.reading() as session:
        return session.scalar(asked) is not None


def _is_another(lease: Lease, run: Run) -> bool:
    return lease.role is LeaseRole.SENDER and lease.id != run.by.lease_id
