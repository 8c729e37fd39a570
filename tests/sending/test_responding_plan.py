"""What a loop asks every second costs the same after years: it is told by indexes of what waits, not of all there ever was."""

from __future__ import annotations

from typing import Any

from sqlalchemy import event

from mailings.db import Database
from mailings.sending.due import due_responses
from tests.sending.asked import DANISH, ask, person


def test_a_look_walks_no_history(db: Database) -> None:
    """SQLite reads what waits by the partial index of moments, and who is at work by that of conductors."""
    ask(db, person(db))
    asked: list[tuple[str, Any]] = []

    def see(_connection: object, _cursor: object, statement: str, marks: Any, *_rest: object) -> None:
        asked.append((statement, marks))

    event.listen(db.engine, "before_cursor_execute", see)
    with db.reading() as session:
        assert [one.name for one in due_responses(session, thorough=False)] == [DANISH]
    event.remove(db.engine, "before_cursor_execute", see)
    statement, marks = next(one for one in asked if "conductor" in one[0])
    with db.connection(write=False) as connection:
        plan = " ".join(row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", marks))
    assert "ix_delivery_due" in plan
    assert "uq_lease_one_conductor" in plan
    assert "ix_delivery_mailing_id" not in plan
