"""Reads the rows that claimed deliveries' messages are made from: neighbours as ranges, scattered ones by their numbers."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import orjson
from sqlalchemy import BigInteger, Connection, Select, any_, bindparam, func, select

from mailings.channels import Compiled
from mailings.model import Delivery
from mailings.sending.claims import Claimed, stretches

FEW = 4  # ranges that cost no more than one statement over numbers
WASTE = 2  # rows of ranges for each that is ours, from which on reading by number costs less


def rows_of(connection: Connection, compiled: Compiled, mailing_id: int, claimed: Sequence[Claimed]) -> dict[int, Any]:
    """The row of each claimed delivery that has one, by delivery id. `claimed` in order of ids."""
    if not claimed:
        return {}
    ranges = stretches(claimed)
    if len(ranges) > FEW or sum(high - low + 1 for low, high in ranges) > WASTE * len(claimed):
        return _scattered(connection, compiled, mailing_id, claimed)
    mine = {one.id for one in claimed}
    rows: dict[int, Any] = {}
    for low, high in ranges:
        marks = {"mailing_id": mailing_id, "low": low, "high": high}
        rows.update((row[0], row) for row in connection.execute(compiled.select, marks).fetchall() if row[0] in mine)
    return rows


def _scattered(connection: Connection, compiled: Compiled, mailing_id: int, claimed: Sequence[Claimed]) -> dict[int, Any]:
    sqlite = connection.dialect.name == "sqlite"
    ids = [one.id for one in claimed]
    marks = {"mailing_id": mailing_id, "low": ids[0], "high": ids[-1], "ids": orjson.dumps(ids).decode() if sqlite else ids}
    return {row[0]: row for row in connection.execute(_by_number(compiled.select, sqlite), marks).fetchall()}


@lru_cache(maxsize=4)
def _by_number(statement: Select[Any], sqlite: bool) -> Select[Any]:
    if sqlite:
        listed = func.json_each(bindparam("ids")).table_valued("value")
        return statement.where(Delivery.id.in_(select(listed.c.value)))
    from sqlalchemy.dialects.postgresql import ARRAY  # noqa: PLC0415  3 MB that a sender on SQLite need not hold

    return statement.where(Delivery.id == any_(bindparam("ids", type_=ARRAY(BigInteger))))
