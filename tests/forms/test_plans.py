"""What is looked for every second, and every night, is told by indexes of what waits: a table of years is not walked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, insert, select, text
from sqlalchemy.orm import Session

from mailings import clock
from mailings.db import Database
from mailings.forms.scripts import call_due
from mailings.model import Submission, SubmissionStatus
from mailings.tracking.retention import delete_unconfirmed, forget_networks
from tests.forms.sent import SETTINGS, pushed

MANY = 3000
LONG_AGO = timedelta(days=30)
Asked = list[tuple[str, Any]]


@contextmanager
def listening(database: Database) -> Iterator[Asked]:
    """Statements that are run meanwhile, with what is bound."""
    asked: Asked = []

    def see(_connection: object, _cursor: object, statement: str, marks: Any, *_rest: object) -> None:
        asked.append((statement, marks))

    event.listen(database.engine, "before_cursor_execute", see)
    yield asked
    event.remove(database.engine, "before_cursor_execute", see)


def years_of(database: Database, folder: Path) -> None:
    """A form with what came in years, all done with, and one of each kind that waits."""
    form_id = pushed(database, folder, "[{kind: email}]")
    row = {"form_id": form_id, "version": 1, "values": {}, "language": "", "created_at": clock.now() - LONG_AGO, "script_due": False}
    rows = [row | {"key": f"k{n}", "status": SubmissionStatus.PROCESSED, "network": None} for n in range(MANY)]
    waits = [row | {"key": "u", "status": SubmissionStatus.UNCONFIRMED, "network": None}]
    waits += [row | {"key": "n", "status": SubmissionStatus.PROCESSED, "network": "203.0.113.0/24"}]
    with database.writing() as session:
        session.execute(insert(Submission), [*rows, *waits])
    with database.connection() as connection:
        connection.execute(text("ANALYZE submission")) if not database.sqlite else None


def plan(database: Database, asked: tuple[str, Any]) -> str:
    """How the database goes about a statement."""
    with database.connection(write=False) as connection:
        how = "EXPLAIN QUERY PLAN" if database.sqlite else "EXPLAIN"
        return "\n".join(str(row[-1]) for row in connection.exec_driver_sql(f"{how} {asked[0]}", asked[1]))


def test_the_look_for_scripts_walks_no_history(any_db: Database, tmp_path: Path) -> None:
    """What is asked each second is read from the index of those whose script is due."""
    years_of(any_db, tmp_path)
    with listening(any_db) as asked:
        assert call_due(any_db, SETTINGS) == 0
    (look,) = [one for one in asked if "script_due" in one[0]]
    assert "ix_submission_script_due" in plan(any_db, look)


@pytest.mark.parametrize(
    ("clear", "index", "left"),
    [(delete_unconfirmed, "ix_submission_unconfirmed", MANY + 1), (forget_networks, "ix_submission_network", MANY + 2)],
)
def test_letting_go_walks_no_history(any_db: Database, tmp_path: Path, clear: Callable[[Session], int], index: str, left: int) -> None:
    """What is let go of each night is found by its index, and it is what waits and nothing else."""
    years_of(any_db, tmp_path)
    with listening(any_db) as asked, any_db.writing() as session:
        assert clear(session) == 1
    (gone,) = [one for one in asked if "submission" in one[0]]
    assert index in plan(any_db, gone)
    with any_db.reading() as session:
        assert len(session.scalars(select(Submission.id)).all()) == left
