"""Rows of visits in bulk: one statement a batch, at the level of the driver (fast.md 1: 1,000 in a transaction)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

_EVENT = "at, received_at, kind, source, mailing_id, delivery_id, link, url, method, agent, network"
_KEPT = f"INSERT INTO event (id, {_EVENT}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608  constants of this file
_KEPT_AT_ONCE = (
    f"INSERT INTO event ({_EVENT}) SELECT {_EVENT} FROM unnest(%s::bigint[], %s::bigint[], %s::text[], %s::text[], %s::bigint[],"  # noqa: S608
    f" %s::bigint[], %s::integer[], %s::text[], %s::text[], %s::text[], %s::text[]) WITH ORDINALITY AS visit({_EVENT}, n)"
    " ORDER BY n RETURNING id"
)
_NEXT = "SELECT COALESCE((SELECT seq FROM sqlite_sequence WHERE name = 'event'), 0) + 1"  # also past events that are gone
_READ = "INSERT INTO event_reading (event_id, version, machine, first)"
_REPLACED = "ON CONFLICT (event_id) DO UPDATE SET version = excluded.version, machine = excluded.machine, first = excluded.first"
_READ_AT_ONCE = f"{_READ} SELECT * FROM unnest(%s::bigint[], %s::integer[], %s::text[], %s::boolean[]) {_REPLACED}"  # noqa: S608
_STAMPED = "UPDATE delivery SET opened_at = ?, clicked_at = ?, machine_opened_at = ?, machine_clicked_at = ?, opened_with = ? WHERE id = ?"
_STAMPED_AT_ONCE = (
    "UPDATE delivery SET opened_at = new.opened, clicked_at = new.clicked, machine_opened_at = new.by_machine,"
    " machine_clicked_at = new.clicked_by_machine, opened_with = new.program"
    " FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::text[], %s::bigint[])"
    " AS new(opened, clicked, by_machine, clicked_by_machine, program, id) WHERE delivery.id = new.id"
)


def insert_events(session: Session, rows: Sequence[tuple[Any, ...]]) -> list[int]:
    """Keep visits (at, received_at, kind, source, mailing, delivery, link, url, method, agent, network); their ids, in order."""
    if not rows:
        return []
    connection = session.connection()
    if connection.dialect.name != "sqlite":
        return sorted(row[0] for row in connection.exec_driver_sql(_KEPT_AT_ONCE, _columns(rows)))
    # we are its only writer until the commit, so the next ids are ours
    first = int(session.execute(text(_NEXT)).scalar_one())
    numbered = [(number, *row) for number, row in enumerate(rows, first)]
    connection.exec_driver_sql(_KEPT, numbered)
    return [row[0] for row in numbered]


def replace_readings(session: Session, rows: Sequence[tuple[int, int, str | None, bool]]) -> None:
    """Keep readings (event, version, machine, first) in place of those there were."""
    _written(session, rows, f"{_READ} VALUES (?, ?, ?, ?) {_REPLACED}", _READ_AT_ONCE)


def restamp(session: Session, rows: Sequence[tuple[int, Sequence[int | None], str | None]]) -> None:
    """Write the stamps (opened, clicked, by a machine opened, clicked; ms) of deliveries, and the program each was opened with."""
    _written(session, [(*stamps, program, delivery) for delivery, stamps, program in rows], _STAMPED, _STAMPED_AT_ONCE)


def _written(session: Session, rows: Sequence[tuple[Any, ...]], each: str, at_once: str) -> None:
    """A statement a row costs SQLite 2 us and PostgreSQL 15, so there all go in one."""
    if rows:
        connection = session.connection()
        sqlite = connection.dialect.name == "sqlite"
        connection.exec_driver_sql(each, list(rows)) if sqlite else connection.exec_driver_sql(at_once, _columns(rows))


def _columns(rows: Sequence[tuple[Any, ...]]) -> tuple[list[Any], ...]:
    return tuple(list(column) for column in zip(*rows, strict=True))
