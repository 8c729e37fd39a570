"""A list comes in whole or not at all, however long it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from mailings import clock
from mailings.db import Database
from mailings.errors import NotAllowed, Unreadable
from mailings.model import Address, Base, Basis, Company, Person, Selection, SelectionKind
from mailings.people.importing import ImportOptions, import_people
from mailings.people.lists import read_list
from tests.people.files import text as text_file


def _import(session: Session, file: Path, **options: Any) -> dict[str, Any]:
    return import_people(session, read_list(file, "NO"), ImportOptions(None, **options)).document()


def _counts(session: Session) -> dict[str, int]:
    return {name: session.scalar(select(func.count()).select_from(table)) or 0 for name, table in Base.metadata.tables.items()}


def test_one_transaction(any_db: Database, tmp_path: Path) -> None:
    """A file that breaks off in the middle, and a selection that cannot have members or has no name, leave nothing behind."""
    lines = "".join(f"p{number}@x.test\n" for number in range(2500))
    with pytest.raises(Unreadable, match="never closed"), any_db.writing() as session:
        _import(session, text_file(tmp_path / "people.csv", f'email\n{lines}"open@x.test\nmore@x.test\n'))
    good = text_file(tmp_path / "good.csv", "email\na@x.test\n")
    with any_db.writing() as session:
        session.add(Selection(name="Alle", kind=SelectionKind.DYNAMIC, condition='country = "NO"', created_at=clock.now()))
    with pytest.raises(NotAllowed, match="is a dynamic selection"), any_db.writing() as session:
        _import(session, good, selection="Alle")
    for nameless in ("", "  "):
        with pytest.raises(NotAllowed, match="needs a name"), any_db.writing() as session:
            _import(session, good, selection=nameless)
    with any_db.reading() as session:
        assert {name: count for name, count in _counts(session).items() if count} == {"selection": 1}


def test_more_rows_than_a_chunk(any_db: Database, tmp_path: Path) -> None:
    """Thousands of rows, some naming people of earlier chunks, come in as they would one by one; progress is told."""
    told: list[int] = []
    lines = "".join(f"Åse {number},p{number % 2100}@x.test,Firma {number % 7}\n" for number in range(2600))
    read = read_list(text_file(tmp_path / "people.csv", f"name,email,company\n{lines}"), "NO")
    with any_db.writing() as session:
        said = import_people(session, read, ImportOptions(Basis.CONSENT), told.append).document()
        assert (said["rows"], said["created"], said["matched"], said["consents"]) == (2600, 2100, 500, 2100)
        assert session.scalar(select(func.count()).select_from(Company)) == 7
        assert session.scalar(select(func.count()).select_from(Address)) == 2100
        made = Person(name="Later", created_at=clock.now())
        session.add(made)
        session.flush()
        assert made.id > 2100
    assert told == [1000, 2000, 2600]
