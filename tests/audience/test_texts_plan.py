"""How the list of a text message is made: by indexes of numbers and people, never a walk over all people for each row."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import event

from mailings.audience.drafts import push
from mailings.audience.populate import populate
from mailings.db import Database
from tests.audience.people import selection
from tests.audience.texts import somebody, text_folder


def test_no_walk_a_row(db: Database, tmp_path: Path) -> None:
    """No statement that makes the list walks over all people within a subquery that is asked for each row (SQLite's plan)."""
    (tmp_path / "list.csv").write_text("name,email,mobile\nÅse,,99887766\nD,,99887769\n")
    plans: list[tuple[str, list[Any]]] = []

    def explain(_connection: object, cursor: Any, said: str, marks: Any, *_rest: object) -> None:
        """The plan of a statement that is about to run: some read tables that are there for a moment only."""
        if "person" in said and not isinstance(marks, list):
            plans.append((said, cursor.connection.execute(f"EXPLAIN QUERY PLAN {said}", marks).fetchall()))

    with db.writing() as session:
        selection(session, "Kunder", *(somebody(session, f"Åse {n}", f"9988{n:04}") for n in range(60)))
        sources = [{"selection": "Kunder"}, {"import": "list.csv", "consent": "consent", "unknown": "keep"}]
        made = push(session, text_folder(tmp_path, sources=sources))
        session.flush()
        event.listen(db.engine, "before_cursor_execute", explain)
        populate(session, made, launch=False)
        event.remove(db.engine, "before_cursor_execute", explain)
    assert plans
    for said, rows in plans:
        above = {row[0]: row for row in rows}
        for row in rows:
            if row[3].startswith("SCAN person") and "USING" not in row[3]:
                parent = above.get(row[1])
                assert parent is None or "CORRELATED" not in parent[3], said
    whole = " ".join(row[3] for _, rows in plans for row in rows)
    assert "mobile_normal" in whole, whole
