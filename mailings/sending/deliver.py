"""Delivers one portion of a mailing: claim, hand over without an open transaction, record. The one verb that opens its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from mailings.clock import milliseconds
from mailings.db import Database
from mailings.errors import Misconfigured, TransportError, TryLater
from mailings.message import Outcome
from mailings.model import MailingStatus
from mailings.sending import lifecycle
from mailings.sending.claimable import claimable_from
from mailings.sending.finding import mailing_named
from mailings.sending.interruption import finishing_what_is_in_hand
from mailings.sending.run import Run
from mailings.sending.source import Source

LOOK = 1.0  # seconds between looks at the mailing's status while a run only waits
BARREN = 5  # portions in a row that got nothing of what seemed to be there: others hold it, or this sender was taken for dead


@dataclass(frozen=True, slots=True)
class Portion:
    """What one portion came to. `trouble` = the sentence the mailing was paused with; `next_due` = when the next delivery may leave."""

    more: bool  # another portion should follow
    counts: Mapping[Outcome, int] = field(default_factory=dict)
    trouble: str | None = None
    next_due: datetime | None = None


def deliver_portion(database: Database, run: Run, limit: int) -> Portion:
    """Deliver up to `limit` messages, or for one minute. Safe to repeat: what a failed portion still holds is recorded first.

    Raises Unreachable when the database does not answer; trouble of the transport is a value.
    """
    source = Source(database, run, limit)
    source.record()
    run.hand.counts.clear()
    portion = _delivered(database, run, source)
    if not portion.more:
        run.hand.give_back()
        source.record()
        source.tidy()
        if run.telling is not None:
            run.telling.rest()
    return portion


def _delivered(database: Database, run: Run, source: Source) -> Portion:
    with finishing_what_is_in_hand(run.stop):
        if not _waited_until_open(database, run):
            return _portion(database, run)
        trouble = _sent(run, source)
    run.leave_word(database)
    if trouble is not None:
        return _paused(database, run, trouble)
    return _portion(database, run, source)


def _sent(run: Run, source: Source) -> str | None:
    """Hand over what the source offers; why the mailing should pause, if it should."""
    for wait in (*run.short_waits, None):
        try:
            _hand_over(run, source)
        except Misconfigured as error:
            return str(error)
        except TransportError as error:
            if isinstance(error, TryLater) and error.after:  # it said until when: that is no outage
                run.not_before = milliseconds() + round(error.after * 1000)
                return None
            if wait is None or not run.begun or run.stop.wait(wait):
                return None if run.stop.is_set() else str(error)
        else:
            return run.hand.outage or _idle(run, source)
    return None


def _hand_over(run: Run, source: Source) -> None:
    receipts = run.transport().send(source.offers())
    try:
        for receipt in receipts:
            source.answered(receipt)
    finally:
        run.hand.let_go(last=source.last)
        source.record()
        source.turns.end()
    if source.error is not None:
        raise source.error


def _idle(run: Run, source: Source) -> str | None:
    """Note whether anything got out; the reason to pause when a transport ends again and again without one message out."""
    counts = run.hand.counts
    if source.ended or counts.total() > counts[Outcome.UNTOUCHED]:
        run.begun = run.begun or counts.total() > counts[Outcome.UNTOUCHED]
        run.idle = 0
        return None
    if run.idle == len(run.short_waits):
        return run.hand.last_trouble or "The transport ends again and again without taking a message."
    run.stop.wait(run.short_waits[run.idle])
    run.idle += 1
    return None


def _waited_until_open(database: Database, run: Run) -> bool:
    """When only retries and lanes without room are left, wait for the first; False when the mailing stopped sending meanwhile."""
    run.stop.wait(0.1 * run.barren)
    while True:
        sending, opens = _stands(database, run)
        if not sending or run.stop.is_set():
            return False
        if opens is None or opens <= milliseconds():
            return True
        if not run.stays_for(opens):
            return False
        run.stop.wait(min(LOOK, max(0.0, opens - milliseconds()) / 1000 + 0.001))


def _stands(database: Database, run: Run) -> tuple[bool, int | None]:
    """Whether the mailing is being sent, and from when on (ms) there is something to claim; None when there is nothing."""
    with database.reading() as session:
        sending = mailing_named(session, run.mailing).status is MailingStatus.SENDING
        opens = claimable_from(session.connection(), run)
    return sending, None if opens is None else max(opens, run.not_before)


def _paused(database: Database, run: Run, trouble: str) -> Portion:
    with database.writing() as session:
        mailing = mailing_named(session, run.mailing, locked=True)
        if mailing.status is MailingStatus.SENDING:
            lifecycle.pause(mailing, trouble)
    return Portion(more=False, counts=dict(run.hand.counts), trouble=trouble)


def _portion(database: Database, run: Run, source: Source | None = None) -> Portion:
    """What came of it. Another should follow while there is something to claim within the run's patience."""
    sending, opens = _stands(database, run)
    if opens is not None and source is not None and source.turns.opens is not None:
        opens = max(opens, source.turns.opens)
    counts = dict(run.hand.counts)
    run.barren = 0 if counts or source is None or not source.dry else run.barren + 1
    soon = opens is not None and run.stays_for(opens) and run.barren < BARREN
    more = sending and not run.stop.is_set() and source is not None and (not source.dry or soon)
    return Portion(more, counts, next_due=None if opens is None else datetime.fromtimestamp(opens / 1000, UTC))
