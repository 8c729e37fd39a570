"""`mailings export`: what it prints, and when it says no."""

from __future__ import annotations

from pathlib import Path

import orjson

from tests.cli.typed import type_in


def test_what_it_prints(tmp_path: Path) -> None:
    """For people a line, for programs the index on one line; a second time into the same folder it is refused, and the first stays."""
    assert type_in(tmp_path, "init").returncode == 0
    (tmp_path / "folk.csv").write_text("Name,E-mail\nÅse Ødegård,ase@fjord.test\nDésirée van der IJssel,desiree@gracht.test\n", "utf-8")
    assert type_in(tmp_path, "people", "import", "folk.csv", "--consent", "contract").returncode == 0
    told = type_in(tmp_path, "export", "ut", "--json")
    assert told.returncode == 0, told.stderr
    (line,) = told.stdout.splitlines()
    document = orjson.loads(line)
    assert {file["file"]: file["rows"] for file in document["files"]}["people.csv"] == 2
    assert document["folder"] == "ut"
    before = sorted(path.name for path in (tmp_path / "ut").iterdir())
    refused = type_in(tmp_path, "export", "ut")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "is there and not empty" in refused.stderr
    assert sorted(path.name for path in (tmp_path / "ut").iterdir()) == before
    spoken = type_in(tmp_path, "export", "ut2")
    assert spoken.stdout.startswith(f"{sum(file['rows'] for file in document['files'])} rows in")
    assert spoken.stderr == ""


def test_without_a_database(tmp_path: Path) -> None:
    """No tables, no folder: it says what to run."""
    refused = type_in(tmp_path, "export", "ut")
    assert refused.returncode == 3
    assert "mailings init" in refused.stderr
    assert not (tmp_path / "ut").exists()
