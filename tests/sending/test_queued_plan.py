"""How deliveries are queued: by one walk over each table, whatever PostgreSQL believed of them before the list was made."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import insert, text

from mailings.audience.drafts import push
from mailings.audience.populate import populate
from mailings.clock import now
from mailings.db import Database
from mailings.model import Address, Person
from mailings.sending.lifecycle import DELIVERIES
from tests.audience.people import folder, selection

PEOPLE = 3_000


def _people(db: Database) -> None:
    """Many people, imported a moment ago, after the database had counted its empty tables."""
    with db.connection() as connection:
        connection.exec_driver_sql("ANALYZE")
    with db.writing() as session:
        ids = range(1, PEOPLE + 1)
        session.execute(insert(Person), [{"id": n, "name": f"Åse {n}", "created_at": now()} for n in ids])
        addresses = [{"person_id": n, "written": f"a{n}@ø.test", "normal": f"a{n}@xn--8ca.test", "valid": True} for n in ids]
        session.execute(insert(Address), addresses)


def _populated(db: Database, path: Path) -> int:
    with db.writing() as session:
        selection(session, "Alle", where='name != ""')
        made = push(session, folder(path, sources=[{"selection": "Alle"}], options={"override_consent": True}))
        assert sum(populate(session, made, launch=True).values()) == PEOPLE
        return made.id


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for child in node.get("Plans", ()):
        yield from _nodes(child)


def test_first_big_mailing(any_db: Database, tmp_path: Path) -> None:
    """The first big mailing of an installation is queued without a walk over all deliveries for each recipient."""
    _people(any_db)
    mailing_id = _populated(any_db, tmp_path / "høst")
    said, marks = DELIVERIES.format(lane="0"), {"mailing": mailing_id}
    with any_db.connection() as connection:
        if connection.dialect.name == "sqlite":
            plan = [row[3] for row in connection.execute(text(f"EXPLAIN QUERY PLAN {said}"), marks)]
            assert not any(step.startswith("SCAN delivery") for step in plan), plan
            return
        plan = connection.execute(text(f"EXPLAIN (ANALYZE, FORMAT JSON) {said}"), marks).scalar_one()
    walks = [one for one in _nodes(plan[0]["Plan"]) if one["Node Type"] == "Seq Scan" and one["Relation Name"] == "delivery"]
    assert all(one["Actual Loops"] == 1 for one in walks), json.dumps(plan)
    assert plan[0]["Plan"]["Plans"][0]["Actual Rows"] == PEOPLE
