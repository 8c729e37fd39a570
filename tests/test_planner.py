"""What PostgreSQL is told of its tables: how much there is as soon as much has come, not when its autovacuum comes by."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import text

from mailings.audience.drafts import push
from mailings.db import Database
from mailings.model import Basis
from mailings.people.importing import CHUNK, ImportOptions, import_people
from mailings.people.lists import read_list
from mailings.sending.restoring import restored
from tests.audience.people import folder

pytestmark = [pytest.mark.postgres, pytest.mark.parametrize("any_db", ["postgres"], indirect=True)]
ROWS = CHUNK + 200


@pytest.fixture(autouse=True)
def counted_when_empty(any_db: Database) -> None:
    """As after an upgrade of PostgreSQL, or at an installation that looked at its empty tables: it believes that they are empty."""
    with any_db.connection() as connection:
        connection.execute(text("ANALYZE"))


def _people(path: Path) -> Path:
    rows = (f"Åse {n};a{n}@fjord{n % 300}.test;Blåbær {n % 300} AS" for n in range(ROWS))
    path.write_text("\n".join(["name;email;company", *rows]), encoding="utf-8")
    return path


def _believed(db: Database, *tables: str) -> list[int]:
    """How many rows PostgreSQL believes each of the tables to have."""
    with db.connection(write=False) as connection:
        found = {row[0]: row[1] for row in connection.execute(text("SELECT relname, reltuples FROM pg_class"))}
    return [int(found[table]) for table in tables]


def test_an_import(any_db: Database, tmp_path: Path) -> None:
    """It knows of the first thousand people of a list, their companies, addresses and consents while the rest comes."""
    read = read_list(_people(tmp_path / "liste.csv"), "NO")
    with any_db.writing() as session:
        import_people(session, read, ImportOptions(basis=Basis.CONSENT, selection="Lesere"))
    known = _believed(any_db, "person", "address", "consent", "selection_member", "company")
    assert known == [CHUNK, CHUNK, CHUNK, CHUNK, 300]


def test_two_imports_at_once(any_db: Database, tmp_path: Path) -> None:
    """One that comes while another has not ended yet does not wait for it: each might hold a row that the other needs."""
    first, second = _people(tmp_path / "a.csv"), tmp_path / "b.csv"
    second.write_text(first.read_text(encoding="utf-8").replace("fjord", "elv").replace("Blåbær", "Tyttebær"), encoding="utf-8")
    with any_db.writing() as holding:
        import_people(holding, read_list(first, "NO"), ImportOptions(basis=Basis.CONSENT))
        with any_db.writing() as session:
            session.execute(text("SET LOCAL lock_timeout = '5s'"))
            assert import_people(session, read_list(second, "NO"), ImportOptions(basis=Basis.CONSENT)).created == ROWS


def test_a_list_of_a_mailing(any_db: Database, tmp_path: Path) -> None:
    """It knows of the rows that a mailing's own list brings."""
    made = folder(tmp_path / "høst", sources=[{"import": "liste.csv", "consent": "consent", "unknown": "keep"}])
    _people(made / "liste.csv")
    with any_db.writing() as session:
        push(session, made)
    assert _believed(any_db, "imported_row") == [ROWS]


def test_a_backup(any_db: Database, tmp_path: Path) -> None:
    """A database that was put back knows of everything in it."""
    with any_db.writing() as session:
        import_people(session, read_list(_people(tmp_path / "liste.csv"), "NO"), ImportOptions())
        restored(session)
    assert _believed(any_db, "person", "company") == [ROWS, 300]
