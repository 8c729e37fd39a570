"""What a claim reads: never the rows that are finished, nor those of another lane."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import Connection, insert, text

from mailings.db import Database, driver_sql
from mailings.model.bucket import Bucket
from mailings.sending.claims import DUE, FRESH, FRESH_LANED, NEXT_DUES
from mailings.sending.limits.lanes import LANES
from tests.sending import world

ROWS, LANE, OTHER, NOW = 18_000, 7, 8, 1_000_000  # so many left that reading all of them to sort them never seems as cheap
FINISHED = 9_000  # ids up to here are finished in every lane

HALF_THROUGH = f"""INSERT INTO delivery (id, mailing_id, lane, status, next_attempt_at, test, attempts)
    WITH RECURSIVE counted (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM counted WHERE n + 1 < {ROWS})
    SELECT n + 1, :mailing, CASE n % 3 WHEN 0 THEN 0 WHEN 1 THEN {LANE} ELSE {OTHER} END,
        CASE WHEN n < {FINISHED} THEN 'sent' ELSE 'queued' END, CASE WHEN n >= {FINISHED} AND n % 2 = 1 THEN :start END, FALSE, 0
    FROM counted"""


@pytest.fixture
def mailing_id(any_db: Database) -> int:
    """A mailing half through: every third delivery in one lane, every third in another; of those left, half wait."""
    made = world.sending(any_db)
    with any_db.writing() as session:
        session.execute(text("DELETE FROM delivery"))
        session.execute(insert(Bucket), [{"id": number, "name": f"domain:{number}.test"} for number in (LANE, OTHER)])
        session.execute(text(HALF_THROUGH), {"mailing": made, "start": int(world.START.timestamp() * 1000)})
    with any_db.connection() as connection:
        connection.exec_driver_sql("ANALYZE")
    return made


def read_by(connection: Connection, sql: str, marks: tuple[object, ...]) -> tuple[int, str]:
    """How many deliveries PostgreSQL reads and throws away for the statement (0 on SQLite, which does not tell), and the plan as text."""
    if connection.dialect.name == "sqlite":
        return 0, "\n".join(row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", marks))
    plan = connection.exec_driver_sql(driver_sql(connection, f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}"), marks).scalar_one()
    plan = plan if isinstance(plan, list) else json.loads(plan)
    return _removed(plan[0]["Plan"]), json.dumps(plan)


def _removed(node: dict[str, Any]) -> int:
    own = node.get("Rows Removed by Filter", 0) * node.get("Actual Loops", 1)
    return int(own) + sum(_removed(child) for child in node.get("Plans", ()))


def sure(sql: str) -> str:
    """The statement without what asks for the mailing's status and the sender's lease."""
    return sql.partition(" AND EXISTS")[0] + " ORDER BY" + sql.partition(" ORDER BY")[2]


def test_fresh_of_a_lane(any_db: Database, mailing_id: int) -> None:
    """What was never tried of a lane is found by the index of lanes, from the keyset on; other lanes' rows are not read."""
    with any_db.connection(write=False) as connection:
        removed, plan = read_by(connection, sure(FRESH_LANED), (mailing_id, LANE, FINISHED, LANE, 200))
    assert "ix_delivery_lane" in plan
    assert removed <= 200  # those between them that wait for their next attempt


def test_fresh_of_the_main_lane(any_db: Database, mailing_id: int) -> None:
    """What was never tried of the main lane is found from the keyset on; rows of lanes between them are passed, finished ones not."""
    with any_db.connection(write=False) as connection:
        removed, plan = read_by(connection, sure(FRESH), (mailing_id, 0, FINISHED, 200))
    assert "SCAN delivery" not in plan
    assert removed <= 200 * 6


@pytest.mark.parametrize("lane", [0, LANE])
def test_due(any_db: Database, mailing_id: int, lane: int) -> None:
    """What is due is found by the index of what waits, lane by lane: neither finished rows nor another lane's are read."""
    now = round(world.START.timestamp() * 1000)
    with any_db.connection(write=False) as connection:
        removed, plan = read_by(connection, sure(DUE), (mailing_id, lane, now, 200))
    assert "ix_delivery_due" in plan
    assert removed == 0


def test_from_lane_to_lane(any_db: Database, mailing_id: int) -> None:
    """Which lanes a mailing has, and when each is due, is read off the indexes: one step a lane."""
    with any_db.connection(write=False) as connection:
        for sql, marks in ((LANES, (mailing_id,) * 2), (NEXT_DUES, (mailing_id,) * 3)):
            removed, plan = read_by(connection, sql, marks)
            assert "SCAN delivery" not in plan
            assert removed <= 10
        assert connection.exec_driver_sql(driver_sql(connection, LANES), (mailing_id,) * 2).scalars().all() == [LANE, OTHER]


def test_the_first_claim_of_a_list_just_queued(any_db: Database) -> None:
    """The very first claim reads its batch and no more: the database has been told how much was queued, not a minute later."""
    made = world.sending(any_db, recipients=3_000)
    with any_db.connection(write=False) as connection:
        removed, plan = read_by(connection, sure(FRESH), (made, 0, 0, 200))
    assert removed == 0
    assert "Sort" not in plan
