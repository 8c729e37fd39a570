"""A run: what one process needs to send one mailing, kept open between portions. Never pickled, never another process's truth."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy.orm import Session

from mailings.channels import Compiled, carrier
from mailings.clock import milliseconds
from mailings.db import Database
from mailings.errors import Misconfigured, NotAllowed
from mailings.message import Transport
from mailings.model import LeaseRole, Mailing, MailingStatus
from mailings.plugins import transport_class
from mailings.sending import leases
from mailings.sending.alike import Alike
from mailings.sending.claims import Claimer
from mailings.sending.doubt.witnessed import settle_by_witness
from mailings.sending.finding import mailing_named
from mailings.sending.hand import Hand
from mailings.sending.heart import Heart
from mailings.sending.known import asking
from mailings.sending.lifecycle import stay_cancelled
from mailings.sending.limits.lanes import Lanes
from mailings.sending.limits.slowing import Slowing
from mailings.sending.limits.throttle import Throttle
from mailings.sending.preparing import joined
from mailings.sending.receipts import RetryPolicy
from mailings.sending.recovery import recover
from mailings.sending.telling import Telling
from mailings.settings import Settings

BRIEF = timedelta(seconds=5)  # what a sender beside the conductor waits: for the next turn under a limit, not for retries


@dataclass(slots=True)
class Run:
    """One run of one mailing: the sender's lease, the open transport, the compiled content, and what is in its hands."""

    mailing: str
    by: Claimer
    settings: Settings
    throttle: Throttle
    policy: RetryPolicy
    carrier: str  # the name of its transport
    patience: timedelta  # how far away the next retry may be for the run to stay
    batch_size: int | None = None  # deliveries claimed at a time; None = as many as the transport likes
    portion: int = 5000  # deliveries in a portion, at most
    short_waits: tuple[float, ...] = (1.0, 2.0, 4.0)  # seconds between attempts to reach a transport that worked a moment ago
    compiled: Compiled | None = None
    hand: Hand = field(default_factory=Hand)
    lanes: Lanes = field(default_factory=Lanes)
    slowing: Slowing = field(default_factory=Slowing)
    last: int = 0  # the keyset of fresh claims: ids up to here were claimed
    next_due: int | None = None  # milliseconds: the earliest retry of the main lane this run knows of
    not_before: int = 0  # milliseconds: until then the other side wants nothing more of anybody
    begun: bool = False  # something was handed over in this run, so the transport has worked
    idle: int = 0  # portions in a row that the transport ended without getting one message out
    barren: int = 0  # portions in a row that got nothing of what seemed to be there
    stop: threading.Event = field(default_factory=threading.Event)  # finish what is in hand, then end
    heart: Heart | None = None
    telling: Telling | None = None  # lines in the log; None = nobody reads them
    lent: Transport | None = None  # its lender's to close: kept open from run to run
    _transport: Transport | None = None

    def transport(self) -> Transport:
        """The open transport, made at first use. Raises Misconfigured."""
        if self.lent is not None:
            return self.lent
        if self._transport is None:
            self._transport = ready_transport(self.carrier)
        return self._transport

    def batch(self) -> int:
        """Deliveries to claim at a time."""
        return self.batch_size or self.transport().batch_size

    def content(self) -> Compiled:
        """The compiled content."""
        if self.compiled is None:
            raise NotAllowed(f"The content of {self.mailing} is not compiled yet.")
        return self.compiled

    def stays_for(self, due: int) -> bool:
        """Whether `due` (ms) is near enough to wait for."""
        return due <= milliseconds() + self.patience.total_seconds() * 1000

    def leave_word(self, database: Database) -> None:
        """Note where the next run sees it how long the other side wants nothing, where this one will not stay: it would only ask again."""
        if not self.stays_for(self.not_before):
            self.slowing.put_off(database, self.carrier, self.not_before)

    def close(self) -> None:
        """Let go of the transport's connections."""
        if self._transport is not None:
            self._transport.close()


def ready_transport(name: str, *, rehearsing: bool = False) -> Transport:
    """The transport of that name, configured. Raises Misconfigured for anything that keeps it from carrying, the demo's secret too.

    And, unless we are `rehearsing`, where it only rehearses: nobody is booked as sent to who gets nothing.
    """
    transport = transport_class(name).configured()
    if problems := transport.problems():
        raise Misconfigured(problems[0])
    if not rehearsing and (why := transport.rehearsal()):
        raise Misconfigured(why)
    return transport


_open: dict[str, Run] = {}


def running(mailing: str) -> Run:
    """The run this process has open for the mailing."""
    if mailing not in _open:
        raise NotAllowed(f"This process has no run of {mailing} open.")
    return _open[mailing]


@contextmanager
def conducting(database: Database, name: str, settings: Settings) -> Iterator[Run]:
    """One run of the mailing, as its only conductor and one of its senders; the leases end with the block.

    Raises NotFound, and AtWork while another run is at work.
    """
    with database.writing() as session:
        mailing = mailing_named(session, name, locked=True)
        recover(session, mailing.id)
        settle_by_witness(session, mailing, transport_class(carrier(mailing, settings)), settings)
        held = [leases.take(session, mailing, role).id for role in (LeaseRole.CONDUCTOR, LeaseRole.SENDER)]
        run = _of(session, mailing, held[1], settings)
    with _at_work(database, run, held):
        yield run


@contextmanager
def joining(database: Database, name: str, settings: Settings) -> Iterator[Run]:
    """A run of one more sender beside the conductor, ready to deliver; its lease ends with the block.

    The conductor has written the link table, so the content is only compiled; and what is worth waiting for is the conductor's.
    Raises NotFound, and NotAllowed where the mailing is not being sent.
    """
    with database.reading() as session:
        compiled, portion = joined(session, mailing_named(session, name), settings)
    with database.writing() as session:
        mailing = mailing_named(session, name, locked=True)
        if mailing.status is not MailingStatus.SENDING:
            raise NotAllowed(f"{name} is {mailing.status}, so there is nothing to join; begin with: mailings send {name}")
        lease = leases.take(session, mailing, LeaseRole.SENDER).id
        run = _of(session, mailing, lease, settings)
    run.patience, run.compiled, run.portion = min(run.patience, BRIEF), compiled, portion
    with _at_work(database, run, [lease]):
        yield run


def _of(session: Session, mailing: Mailing, lease: int, settings: Settings) -> Run:
    throttle = Throttle.of(mailing, settings)
    throttle.make(session.connection())
    by = Claimer(mailing.id, lease)
    return Run(mailing.name, by, settings, throttle, RetryPolicy.of(settings), carrier(mailing, settings), settings.run_patience)


@contextmanager
def _at_work(database: Database, run: Run, held: list[int]) -> Iterator[None]:
    run.hand = Hand(Alike(asking(database, run.by.mailing_id)))
    run.telling = Telling(database, run.mailing, run.by.mailing_id)
    run.heart = Heart(database, held)
    _open[run.mailing] = run
    try:
        yield
    finally:
        _open.pop(run.mailing, None)
        run.heart.stop()
        run.close()
        with database.writing() as session:
            for lease_id in held:
                leases.end(session, lease_id)
            if (mailing := session.get(Mailing, run.by.mailing_id)) is not None:  # a cancelled one may be deleted already
                stay_cancelled(session, mailing)  # whoever stopped us may be the last to look at it
