"""Claims: which deliveries this sender takes next. Committed before anything is handed over; no task owns a list."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from sqlalchemy import Connection

from mailings.db import driver_sql


class Claimed(NamedTuple):
    """A delivery in our hands. `attempts` counts this one; `first_at` = milliseconds when it was first claimed."""

    id: int
    attempts: int
    first_at: int


class Claimer(NamedTuple):
    """Who claims: the sender's lease on a mailing."""

    mailing_id: int
    lease_id: int


#: nothing is claimed while the mailing is not sending, nor by a sender that was taken for dead
ALLOWED = (
    " AND EXISTS (SELECT 1 FROM mailing WHERE mailing.id = ? AND mailing.status = 'sending')"
    " AND EXISTS (SELECT 1 FROM lease WHERE lease.id = ? AND lease.ended_at IS NULL)"
)
OPEN = "mailing_id = ? AND status = 'queued' AND NOT test"
# fresh: a keyset, so that nobody walks past finished rows (fast.md 3: 291 ms a claim without the lower bound)
FRESH = f"SELECT id FROM delivery WHERE {OPEN} AND id > ? AND next_attempt_at IS NULL{ALLOWED} ORDER BY id LIMIT ?"  # noqa: S608
DUE = f"SELECT id FROM delivery WHERE {OPEN} AND next_attempt_at <= ?{ALLOWED} ORDER BY next_attempt_at, id LIMIT ?"  # noqa: S608
TAKE = (
    "UPDATE delivery SET status = 'sending', lease_id = ?, claimed_at = COALESCE(claimed_at, ?), attempts = attempts + 1,"
    " next_attempt_at = NULL"
)
BACK = "RETURNING delivery.id, delivery.attempts, delivery.claimed_at"


def claim_fresh(connection: Connection, by: Claimer, after: int, limit: int, now: int) -> list[Claimed]:
    """Up to `limit` deliveries never tried, with ids above `after`, in order."""
    sql = _statement(connection.dialect.name, fresh=True)
    chosen = (by.mailing_id, after, by.mailing_id, by.lease_id, limit)
    return _claim(connection, sql, chosen, (by.lease_id, now))


def claim_due(connection: Connection, by: Claimer, limit: int, now: int) -> list[Claimed]:
    """Up to `limit` deliveries whose next attempt is due at `now` (milliseconds), longest waiting first."""
    sql = _statement(connection.dialect.name, fresh=False)
    chosen = (by.mailing_id, now, by.mailing_id, by.lease_id, limit)
    return _claim(connection, sql, chosen, (by.lease_id, now))


def next_due(connection: Connection, mailing_id: int) -> int | None:
    """When the earliest waiting delivery may be tried again, in milliseconds; None when none waits."""
    sql = f"SELECT min(next_attempt_at) FROM delivery WHERE {OPEN} AND next_attempt_at IS NOT NULL"  # noqa: S608
    found: int | None = connection.exec_driver_sql(driver_sql(connection, sql), (mailing_id,)).scalar()
    return found


def something_is_left(connection: Connection, mailing_id: int, after: int, now: int) -> bool:
    """True while a delivery could be claimed now: one never tried with an id above `after`, or one that is due."""
    fresh = f"SELECT 1 FROM delivery WHERE {OPEN} AND id > ? AND next_attempt_at IS NULL LIMIT 1"  # noqa: S608
    due = f"SELECT 1 FROM delivery WHERE {OPEN} AND next_attempt_at <= ? LIMIT 1"  # noqa: S608
    asked = ((fresh, (mailing_id, after)), (due, (mailing_id, now)))
    return any(connection.exec_driver_sql(driver_sql(connection, sql), marks).first() for sql, marks in asked)


def stretches(claimed: Sequence[Claimed], gap: int = 64) -> list[tuple[int, int]]:
    """The claimed ids as ranges low..high, a new one where more than `gap` ids are not ours: retries lie far apart."""
    found: list[tuple[int, int]] = []
    for row in claimed:
        if found and row.id - found[-1][1] <= gap:
            found[-1] = (found[-1][0], row.id)
        else:
            found.append((row.id, row.id))
    return found


def _claim(connection: Connection, sql: str, chosen: tuple[int, ...], taken: tuple[int, ...]) -> list[Claimed]:
    # the marks stand in the order of the text: PostgreSQL names the rows first, SQLite sets the columns first
    marks = taken + chosen if connection.dialect.name == "sqlite" else chosen + taken
    return sorted(map(Claimed._make, connection.exec_driver_sql(sql, marks).fetchall()))


@lru_cache(maxsize=4)
def _statement(dialect: str, *, fresh: bool) -> str:
    chosen = FRESH if fresh else DUE
    if dialect == "sqlite":
        return f"{TAKE} WHERE id IN ({chosen}) {BACK}"
    # MATERIALIZED: planned as a join, a LIMIT ... FOR UPDATE could be run again for each row and lock more than it takes
    sql = f"WITH chosen AS MATERIALIZED ({chosen} FOR UPDATE SKIP LOCKED) {TAKE} FROM chosen WHERE delivery.id = chosen.id {BACK}"
    return sql.replace("?", "%s")
