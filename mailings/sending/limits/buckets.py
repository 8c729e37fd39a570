"""Buckets: limits as rows that several processes share: read, charged, given back, in one transaction each. Arithmetic: rates.py."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection

from mailings.clock import milliseconds, stands
from mailings.db import driver_sql
from mailings.sending.limits.hours import Quiet
from mailings.sending.limits.rates import State, charged, closes, opens, room, why, without

__all__ = ["State", "charge", "closes", "give_back", "opens", "room", "states", "states_of", "why"]

COLUMNS = (
    "id, name, per_minute, burst, quiet_from, quiet_until, zone, ramp_from, ramp_first, ramp_growth, next_free, charged_at, day, day_count,"
    " rate"
)
SERVER_CLOCK = "CAST(extract(epoch FROM clock_timestamp()) * 1000 AS bigint)"
CHARGE = "UPDATE bucket SET next_free = ?, charged_at = ?, day = ?, day_count = ? WHERE id = ?"
RETURN_TIME = "UPDATE bucket SET next_free = ? WHERE id = ? AND next_free = ?"
RETURN_COUNT = "UPDATE bucket SET day_count = CASE WHEN day_count > ? THEN day_count - ? ELSE 0 END WHERE id = ? AND day = ?"


def states(connection: Connection, names: Sequence[str], *, locked: bool) -> list[State]:
    """The buckets of these names that exist, in the order of the names; `locked` until the transaction ends."""
    found = {state.name: state for state in _read(connection, "name", names, locked)}
    return [found[name] for name in names if name in found]


def states_of(connection: Connection, ids: Collection[int], *, locked: bool) -> list[State]:
    """The buckets of these numbers that exist: of lanes."""
    return _read(connection, "id", list(ids), locked)


def charge(connection: Connection, state: State, messages: int, now: int) -> int:
    """Write that `messages` leave from `now` on, in the caller's transaction that locked the bucket; the new `next_free`."""
    after = charged(state, messages, now)
    marks = (after.next_free, state.at, after.day, after.day_count, state.id)
    connection.exec_driver_sql(driver_sql(connection, CHARGE), marks)
    return after.next_free


def give_back(connection: Connection, after: State, taken: int, unused: int) -> None:
    """Return what of a charge was not used: its time only while nobody has reserved behind it, its place in the day's count always."""
    if after.rate:
        marks = (without(after, taken, unused), after.id, after.next_free)
        connection.exec_driver_sql(driver_sql(connection, RETURN_TIME), marks)
    if after.ramp:
        connection.exec_driver_sql(driver_sql(connection, RETURN_COUNT), (unused, unused, after.id, after.day))


def _read(connection: Connection, column: str, values: Sequence[Any], locked: bool) -> list[State]:
    if not values:
        return []
    asked = f"SELECT {COLUMNS} FROM bucket WHERE {column} IN ({', '.join('?' * len(values))}) ORDER BY id"  # noqa: S608
    if connection.dialect.name == "sqlite":
        rows = connection.exec_driver_sql(asked, tuple(values)).fetchall()
        return [_righted(connection, row, milliseconds(), locked) for row in rows]
    # MATERIALIZED: the clock is read once the row is locked, not before the wait for it
    asked = f"WITH found AS MATERIALIZED ({asked}{' FOR UPDATE' if locked else ''}) SELECT found.*, {SERVER_CLOCK} FROM found"  # noqa: S608
    rows = connection.exec_driver_sql(driver_sql(connection, asked), tuple(values)).fetchall()
    return [_righted(connection, row, milliseconds() if stands() else row[-1], locked) for row in rows]


def _righted(connection: Connection, row: Any, at: int, locked: bool) -> State:
    """The row as it is; where the clock was turned back since it was written, what is reserved lies as far ahead of now as it lay then."""
    state = _state(row, at)
    if row.charged_at is None or row.charged_at <= at:
        return state
    state = replace(state, next_free=state.next_free - (row.charged_at - at))
    if locked:
        connection.exec_driver_sql(driver_sql(connection, CHARGE), (state.next_free, at, state.day, state.day_count, state.id))
    return state


def _state(row: Any, at: int) -> State:
    quiet = Quiet(row.quiet_from, row.quiet_until, row.zone) if row.quiet_from and row.quiet_until else None
    ramp = (row.ramp_from, row.ramp_first, row.ramp_growth) if row.ramp_from and row.ramp_first and row.ramp_growth else None
    rate = min((one for one in (row.per_minute, row.rate) if one), default=None)
    return State(
        row.id,
        row.name,
        row.per_minute,
        row.burst,
        quiet,
        row.zone,
        ramp,
        row.next_free,
        row.day,
        row.day_count,
        rate,
        at,
        at - milliseconds(),
    )
