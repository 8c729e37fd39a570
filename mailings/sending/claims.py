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
    """Who claims: the sender's lease on a mailing; and from which lane, 0 being the one of domains without a limit."""

    mailing_id: int
    lease_id: int
    lane: int = 0


#: nothing is claimed while the mailing is not sending, nor by a sender that was taken for dead
ALLOWED = (
    " AND EXISTS (SELECT 1 FROM mailing WHERE mailing.id = ? AND mailing.status = 'sending')"
    " AND EXISTS (SELECT 1 FROM lease WHERE lease.id = ? AND lease.ended_at IS NULL)"
)
OPEN = "mailing_id = ? AND status = 'queued' AND NOT test"
# fresh: a keyset, so that nobody walks past finished rows (fast.md 3: 291 ms a claim without the lower bound)
MAIN = "lane = ? AND id > ?"
# the pair and its order leave PostgreSQL one index: given lane = ? it may follow the ids, past the rows of all other lanes
LANED = "(lane, id) > (?, ?) AND lane <= ? AND lane <> 0"
FRESH = f"SELECT id FROM delivery WHERE {OPEN} AND next_attempt_at IS NULL AND {MAIN}{ALLOWED} ORDER BY id LIMIT ?"  # noqa: S608
FRESH_LANED = f"SELECT id FROM delivery WHERE {OPEN} AND next_attempt_at IS NULL AND {LANED}{ALLOWED} ORDER BY lane, id LIMIT ?"  # noqa: S608
DUE = f"SELECT id FROM delivery WHERE {OPEN} AND lane = ? AND next_attempt_at <= ?{ALLOWED} ORDER BY next_attempt_at, id LIMIT ?"  # noqa: S608
TAKE = (
    "UPDATE delivery SET status = 'sending', lease_id = ?, claimed_at = COALESCE(claimed_at, ?), attempts = attempts + 1,"
    " next_attempt_at = NULL"
)
BACK = "RETURNING delivery.id, delivery.attempts, delivery.claimed_at"
WAITING = "mailing_id = ? AND next_attempt_at IS NOT NULL"
# from lane to lane by the index: no lane's waiting rows are walked
NEXT_DUES = (
    f"WITH RECURSIVE lanes(lane) AS (SELECT min(lane) FROM delivery WHERE {WAITING}"  # noqa: S608
    f" UNION ALL SELECT (SELECT min(lane) FROM delivery WHERE {WAITING} AND lane > lanes.lane) FROM lanes WHERE lanes.lane IS NOT NULL)"
    f" SELECT lane, (SELECT min(next_attempt_at) FROM delivery WHERE {WAITING} AND delivery.lane = lanes.lane"
    " AND status = 'queued' AND NOT test) FROM lanes WHERE lane IS NOT NULL"
)


def claim_fresh(connection: Connection, by: Claimer, after: int, limit: int, now: int) -> list[Claimed]:
    """Up to `limit` deliveries never tried, with ids above `after`, in order."""
    chosen = FRESH_LANED if by.lane else FRESH
    return _claim(connection, chosen, (by.mailing_id, *_ahead(by.lane, after), by.mailing_id, by.lease_id, limit), (by.lease_id, now))


def claim_due(connection: Connection, by: Claimer, limit: int, now: int) -> list[Claimed]:
    """Up to `limit` deliveries whose next attempt is due at `now` (milliseconds), longest waiting first."""
    return _claim(connection, DUE, (by.mailing_id, by.lane, now, by.mailing_id, by.lease_id, limit), (by.lease_id, now))


def next_dues(connection: Connection, mailing_id: int) -> dict[int, int]:
    """When the earliest waiting delivery of each lane may be tried again, in milliseconds; lanes where none waits are left out."""
    found = connection.exec_driver_sql(driver_sql(connection, NEXT_DUES), (mailing_id,) * 3)
    return {lane: due for lane, due in found if due is not None}


def next_due(connection: Connection, mailing_id: int) -> int | None:
    """When the earliest waiting delivery may be tried again, in milliseconds; None when none waits."""
    return min(next_dues(connection, mailing_id).values(), default=None)


def something_is_left(connection: Connection, by: Claimer, after: int, now: int) -> bool:
    """True while the lane has a delivery that could be claimed now: one never tried with an id above `after`, or one that is due."""
    ahead = LANED if by.lane else MAIN
    fresh = f"SELECT 1 FROM delivery WHERE {OPEN} AND next_attempt_at IS NULL AND {ahead} ORDER BY lane, id LIMIT 1"  # noqa: S608
    due = f"SELECT 1 FROM delivery WHERE {OPEN} AND lane = ? AND next_attempt_at <= ? LIMIT 1"  # noqa: S608
    asked = ((fresh, (by.mailing_id, *_ahead(by.lane, after))), (due, (by.mailing_id, by.lane, now)))
    return any(connection.exec_driver_sql(driver_sql(connection, sql), marks).first() for sql, marks in asked)


def stretches(claimed: Sequence[Claimed], gap: int = 64) -> list[tuple[int, int]]:
    """The claimed ids, in order, as ranges low..high, a new one where more than `gap` ids are not ours: retries lie far apart."""
    found: list[tuple[int, int]] = []
    for row in claimed:
        if found and row.id - found[-1][1] <= gap:
            found[-1] = (found[-1][0], row.id)
        else:
            found.append((row.id, row.id))
    return found


def _ahead(lane: int, after: int) -> tuple[int, ...]:
    return (lane, after, lane) if lane else (lane, after)


def _claim(connection: Connection, chosen: str, marks: tuple[int, ...], taken: tuple[int, ...]) -> list[Claimed]:
    # the marks stand in the order of the text: PostgreSQL names the rows first, SQLite sets the columns first
    both = taken + marks if connection.dialect.name == "sqlite" else marks + taken
    return sorted(map(Claimed._make, connection.exec_driver_sql(_statement(connection.dialect.name, chosen), both).fetchall()))


@lru_cache(maxsize=8)
def _statement(dialect: str, chosen: str) -> str:
    if dialect == "sqlite":
        return f"{TAKE} WHERE id IN ({chosen}) {BACK}"
    # MATERIALIZED: planned as a join, a LIMIT ... FOR UPDATE could be run again for each row and lock more than it takes
    sql = f"WITH chosen AS MATERIALIZED ({chosen} FOR UPDATE SKIP LOCKED) {TAKE} FROM chosen WHERE delivery.id = chosen.id {BACK}"
    return sql.replace("?", "%s")
