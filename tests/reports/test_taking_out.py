"""Everything taken out as plain files: every table, every value, one moment, whole or not at all, and no secret."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import JSON, Boolean, Date, Double, Enum, Integer, LargeBinary, Table, func, insert, select, text

from mailings.db import Database
from mailings.errors import NotAllowed
from mailings.model import Base, Moment
from mailings.reports.taking_out import COLUMNS_LEFT_OUT, FILES, LEFT_OUT, Taken, columns_of, rows_of, still, take_out

HIDDEN = "HEMMELIG"
AT = datetime(2026, 11, 22, 20, 15, 3, 7000, UTC)
PLAIN = {"sender": {}, "reply_to": {}, "tracking": {}, "in_doubt": {}, "approval": {}, "more": {}, "name": "høst-nytt"}
#: what a row must have beside what its column's type allows
OVER: dict[str, dict[str, Any]] = {"mailing": PLAIN, "folder": {"parent_id": None}, "recipient": {"company_id": None}}


def value_of(table: Table, column: Any) -> Any:
    """A value for a column: text with whatever a file of rows chokes on, or a secret where it is not to go out."""
    kind, name = column.type, f"{table.name}.{column.name}"
    if name.endswith(".id") or column.foreign_keys:
        return 1
    plain: dict[type, Any] = {
        Moment: AT,
        Enum: None,
        Boolean: True,
        Integer: 1,
        Double: 1.5,
        Date: date(2026, 11, 22),
        JSON: {"ø": [1, None]},
    }
    if isinstance(kind, Enum):
        return kind.enum_class(kind.enums[0])
    if isinstance(kind, LargeBinary):
        return HIDDEN.encode() + b"\x00\xe6"
    for one, value in plain.items():
        if isinstance(kind, one):
            return value
    if not hasattr(kind, "length"):
        return 1
    return HIDDEN if table.name in LEFT_OUT or name in COLUMNS_LEFT_OUT else f'{name} Åse «ĳ», "q"\r\n=1+1;'


def filled(db: Database) -> dict[str, dict[str, Any]]:
    """One row in every table, by table."""
    rows = {}
    with db.connection() as connection:
        for table in Base.metadata.sorted_tables:
            rows[table.name] = {column.name: value_of(table, column) for column in table.columns} | OVER.get(table.name, {})
            connection.execute(table.insert(), rows[table.name])
    return rows


def taken(db: Database, folder: Path, **how: Any) -> Taken:
    """As the command does it."""
    with db.reading() as session:
        still(session)
        return take_out(session, folder, **how)


def test_every_table_goes_out_or_is_named_with_the_reason(db: Database) -> None:
    """A table that is added to the model is in the export, or somebody wrote down why not; the same for columns that hold secrets."""
    assert set(FILES) | set(LEFT_OUT) == set(Base.metadata.tables)
    assert not set(FILES) & set(LEFT_OUT)
    going = {f"{name}.{column.name}" for name in FILES for column in columns_of(Base.metadata.tables[name])}
    words = ("password", "secret", "token", "digest", "csrf", "hash")
    assert {name for name in going if any(word in name for word in words)} == {"approval.content_hash", "approval.audience_hash"}
    assert set(COLUMNS_LEFT_OUT) <= {f"{table.name}.{column.name}" for table in Base.metadata.tables.values() for column in table.columns}


def test_every_value_comes_out_as_it_is(any_db: Database, tmp_path: Path) -> None:
    """Read by somebody else's reader of CSV each value is the database's: quotes, lines, signs of a formula, what is not known."""
    rows = filled(any_db)
    taken(any_db, tmp_path / "out")
    for table, file in FILES.items():
        (head, row) = list(csv.reader(io.StringIO((tmp_path / "out" / f"{file}.csv").read_bytes().decode(), newline="")))
        assert head == [column.name for column in columns_of(Base.metadata.tables[table])]
        for name, written in zip(head, row, strict=True):
            assert read(written, rows[table][name]) == rows[table][name], (table, name)


def read(written: str, like: Any) -> Any:
    """A cell as a value of the same kind."""
    match like:
        case None:
            return written or None
        case bool():
            return {"true": True, "false": False}[written]
        case dict() | list():
            return json.loads(written)
        case datetime():
            return datetime.fromisoformat(written)
        case date():
            return date.fromisoformat(written)
    return type(like)(written)


def test_the_index_tells_what_is_there(any_db: Database, tmp_path: Path) -> None:
    """index.json names every file of rows with its columns, rows and checksum, and what stayed behind with the reason."""
    filled(any_db)
    index = taken(any_db, tmp_path / "out").index
    assert json.loads((tmp_path / "out" / "index.json").read_text("utf-8")) == index
    there = {file.name for file in (tmp_path / "out").glob("*.csv")}
    assert {file["file"] for file in index["files"]} == there
    for file in index["files"]:
        content = (tmp_path / "out" / file["file"]).read_bytes()
        assert (hashlib.sha256(content).hexdigest(), len(content)) == (file["sha256"], file["bytes"])
    with any_db.reading() as session:
        counted = {
            f"{file}.csv": session.scalar(select(func.count()).select_from(Base.metadata.tables[name])) for name, file in FILES.items()
        }
        assert rows_of(session) == {name.removesuffix(".csv"): n for name, n in counted.items()}
    assert {file["file"]: file["rows"] for file in index["files"] if file["file"] in counted} == counted
    assert index["left_out"] == LEFT_OUT


def test_no_secret_is_in_it(any_db: Database, tmp_path: Path) -> None:
    """Whatever stands in a table or column that stays behind is in no file; files people sent with forms are, byte for byte."""
    filled(any_db)
    taken(any_db, tmp_path / "out")
    files = [file for file in (tmp_path / "out").rglob("*") if file.is_file()]
    held = {file.relative_to(tmp_path / "out").as_posix() for file in files if HIDDEN.encode() in file.read_bytes()}
    assert held == {"submitted/1", next(name for name in held if name.startswith("mailings/høst-nytt/images/"))}
    assert (tmp_path / "out" / "submitted" / "1").read_bytes() == HIDDEN.encode() + b"\x00\xe6"


def test_it_is_one_moment(any_db: Database, tmp_path: Path) -> None:
    """Somebody who is imported while it is written is in no file of it: not half of a person."""
    filled(any_db)

    def meanwhile(file: str, _more: int) -> None:
        if file == "people":
            with any_db.connection() as connection:
                connection.execute(
                    insert(Base.metadata.tables["address"]),
                    {"id": 2, "person_id": 1, "written": "ny@fjord.test", "normal": "ny@fjord.test", "valid": True, "rank": 2},
                )

    taken(any_db, tmp_path / "out", tell=meanwhile)
    assert "ny@fjord.test" not in (tmp_path / "out" / "addresses.csv").read_text("utf-8")
    with any_db.reading() as session:
        assert session.scalar(text("SELECT count(*) FROM address")) == 2


def test_it_is_there_whole_or_not_at_all(db: Database, tmp_path: Path) -> None:
    """What breaks off in the middle leaves nothing behind, and a folder with something in it is left alone."""
    filled(db)

    def full(file: str, _more: int) -> None:
        if file == "deliveries":
            raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        taken(db, tmp_path / "out", tell=full)
    assert not [path for path in tmp_path.iterdir() if "out" in path.name]
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("mitt")
    with pytest.raises(NotAllowed, match="is there and not empty"):
        taken(db, tmp_path / "mine")
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["letter.txt"]
    with pytest.raises(NotAllowed, match="cannot be made"):
        taken(db, tmp_path / "nowhere" / "out")


def test_it_is_for_its_owner_alone(db: Database, tmp_path: Path) -> None:
    """Everybody's names and addresses: no other user of the machine opens the folder."""
    taken(db, tmp_path / "out")
    assert (tmp_path / "out").stat().st_mode & 0o077 == 0
