"""What became of what was handed over, in doubt where nobody answered: receipts written to rows in bulk, what is not normal noted."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import Connection

from mailings import seams
from mailings.db import driver_sql
from mailings.message import Outcome, Receipt
from mailings.readable import counted
from mailings.seams import Seam
from mailings.sending.claims import Claimed
from mailings.settings import Settings

LONGEST_WAIT = 4 * 3600.0  # seconds; the doubling stops here, so that the last day of a retry still has several attempts
UNANSWERED = "handed over without an answer"
HELD = "WHERE id = ? AND lease_id = ? AND status = 'sending'"  # only what is still ours: a taken-over row is not touched


class Answered(NamedTuple):
    """A receipt with what was known of its delivery when it was claimed."""

    receipt: Receipt
    claimed: Claimed


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Waits between attempts in seconds, and how long a delivery is tried at all."""

    first_wait: float
    deadline: float

    @classmethod
    def of(cls, settings: Settings) -> RetryPolicy:
        """As the settings say."""
        return cls(settings.retry_first_wait.total_seconds(), settings.retry_deadline.total_seconds())

    def wait(self, attempts: int, asked: float | None) -> float:
        """Seconds until the next attempt: doubling, jittered by a tenth, capped; never less than the other side asked."""
        doubled = min(self.first_wait * 2.0 ** (attempts - 1), max(LONGEST_WAIT, self.first_wait))
        return max(doubled * random.uniform(0.95, 1.05), asked or 0.0)  # noqa: S311  spreads load, keeps no secret


def record(connection: Connection, lease_id: int, answers: Iterable[Answered], policy: RetryPolicy, now: int) -> None:
    """Write every answer to its row, if that is still in our hands, and a note for what was not taken. `now` in milliseconds."""
    rows = _Rows(lease_id, now)
    for answered in answers:
        rows.add(answered, policy)
    seams.before(Seam.RECORD)
    for sql, marks in ((NOTE, rows.notes), (ENDED, rows.ended), (LATER, rows.later), (BACK, rows.untouched)):
        if marks:
            connection.exec_driver_sql(driver_sql(connection, sql), marks)
    _accept(connection, rows.accepted, lease_id, now)
    seams.after(Seam.RECORD)


def _accept(connection: Connection, accepted: list[tuple[int, str | None]], lease_id: int, now: int) -> None:
    """The normal path: a statement a row costs SQLite 2 us and PostgreSQL 15, so there all go in one."""
    if accepted and connection.dialect.name == "sqlite":
        marks = [(now, provider_id, delivery, lease_id) for delivery, provider_id in accepted]
        connection.exec_driver_sql(ACCEPTED, marks)
    elif accepted:
        deliveries, provider_ids = (list(column) for column in zip(*accepted, strict=True))
        connection.exec_driver_sql(ACCEPTED_AT_ONCE, (now, deliveries, provider_ids, lease_id))


NOTE = f"INSERT INTO delivery_note (delivery_id, at, what, why) SELECT id, ?, ?, ? FROM delivery {HELD}"  # noqa: S608
ACCEPTED = f"UPDATE delivery SET status = 'sent', sent_at = ?, provider_id = ?, code = NULL, reason = NULL {HELD}"  # noqa: S608
ACCEPTED_AT_ONCE = (
    "UPDATE delivery SET status = 'sent', sent_at = %s, provider_id = taken.provider_id, code = NULL, reason = NULL"
    " FROM unnest(%s::bigint[], %s::text[]) AS taken(id, provider_id)"
    " WHERE delivery.id = taken.id AND delivery.lease_id = %s AND delivery.status = 'sending'"
)
ENDED = f"UPDATE delivery SET status = ?, code = ?, reason = ? {HELD}"  # noqa: S608
LATER = f"UPDATE delivery SET status = 'queued', next_attempt_at = ?, code = ?, reason = ?, lease_id = NULL {HELD}"  # noqa: S608
# due at once, and not fresh again: what is due is looked at anew for a no said meanwhile, and the keyset is past it
BACK = (
    "UPDATE delivery SET status = 'queued', attempts = attempts - 1, lease_id = NULL, next_attempt_at = ?,"  # noqa: S608
    f" claimed_at = CASE WHEN attempts > 1 THEN claimed_at END {HELD}"
)


class _Rows:
    """The marks of each statement, gathered from answers."""

    def __init__(self, lease_id: int, now: int) -> None:
        self.lease_id, self.now = lease_id, now
        self.accepted: list[tuple[int, str | None]] = []
        self.ended: list[tuple[object, ...]] = []
        self.later: list[tuple[object, ...]] = []
        self.untouched: list[tuple[object, ...]] = []
        self.notes: list[tuple[object, ...]] = []

    def add(self, answered: Answered, policy: RetryPolicy) -> None:
        receipt, claimed = answered
        if receipt.outcome is Outcome.ACCEPTED:
            self.accepted.append((receipt.delivery, receipt.provider_id))
        elif receipt.outcome is Outcome.UNTOUCHED:
            self.untouched.append((self.now, receipt.delivery, self.lease_id))
        elif receipt.outcome is Outcome.TRY_LATER:
            self._try_later(receipt, claimed, policy)
        else:
            self._end(receipt, "failed" if receipt.outcome is Outcome.REFUSED else "in_doubt", receipt.reason or UNANSWERED)

    def _end(self, receipt: Receipt, status: str, reason: str) -> None:
        self.ended.append((status, receipt.code, reason, receipt.delivery, self.lease_id))
        self._note(receipt, status, reason)

    def _try_later(self, receipt: Receipt, claimed: Claimed, policy: RetryPolicy) -> None:
        wait, reason = policy.wait(claimed.attempts, receipt.after), receipt.reason or "the other side asked to try later"
        if self.now + wait * 1000 > claimed.first_at + policy.deadline * 1000:
            tried = f"{counted(claimed.attempts, 'attempt')} in {counted(policy.deadline / 3600, 'hour')}"
            self._end(receipt, "failed", f"given up after {tried}: {reason}")
            return
        self.later.append((round(self.now + wait * 1000), receipt.code, reason, receipt.delivery, self.lease_id))
        self._note(receipt, "queued", f"attempt {claimed.attempts}: {reason}; again in {wait:.0f} s")

    def _note(self, receipt: Receipt, what: str, why: str) -> None:
        said = f"{receipt.code} {why}" if receipt.code and receipt.code not in why else why
        self.notes.append((self.now, what, said, receipt.delivery, self.lease_id))
