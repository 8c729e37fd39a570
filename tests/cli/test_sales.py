"""`mailings sales` and `mailings projects set`, typed as a person would."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.typed import type_in


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder with a database of its own, with tables."""
    assert type_in(tmp_path, "init").returncode == 0
    return tmp_path


def test_sales_come_in_and_are_shown(place: Path) -> None:
    """A list comes in, is told, and again without a change; one sale is shown; a wrong list and a number nothing has say what to do."""
    assert "mailings sales import FILE" in type_in(place, "sales", "list").stdout
    (place / "salg.csv").write_text("Nummer;Titel;Beløb;Valuta;Dato\nS-7;Lænestol;1.250,50;dkk;22.11.2026\n;x;1;;\n", encoding="utf-8")
    told = type_in(place, "sales", "import", "salg.csv")
    assert (told.returncode, told.stderr) == (0, "")
    assert "1 sale: 1 new, 0 known." in told.stdout
    assert "row 3, number: A sale without a number" in told.stdout
    assert json.loads(type_in(place, "sales", "import", "salg.csv", "--json").stdout)["created"] == 0
    said = {"number": "S-7", "name": "Lænestol", "amount": "1250.50", "currency": "DKK", "day": "2026-11-22"}
    assert json.loads(type_in(place, "sales", "show", "S-7", "--json").stdout) == said
    assert json.loads(type_in(place, "sales", "list", "--json").stdout) == [said]
    assert "Lænestol" in type_in(place, "sales", "list").stdout
    (place / "folk.csv").write_text("Navn;E-post\nÅse;ase@fjord.test\n", encoding="utf-8")
    assert [type_in(place, "sales", *words).returncode for words in (("import", "folk.csv"), ("show", "S-8"))] == [2, 1]


def test_a_project_is_told_of(place: Path) -> None:
    """What is told of a project is shown with it; what is not given stays; what is no day is refused."""
    assert type_in(place, "projects", "create", "Båtmesse").returncode == 0
    assert type_in(place, "projects", "set", "Båtmesse", "--number", "P-1", "--leader", "Kåre Å.").returncode == 0
    set_again = type_in(place, "projects", "set", "Båtmesse", "--ends", "31.12.2026", "--number", "", "--json")
    assert json.loads(set_again.stdout) == {"name": "Båtmesse", "leader": "Kåre Å.", "ends_on": "2026-12-31"}
    assert "leader: Kåre Å., ends on: 2026-12-31" in type_in(place, "projects", "show", "Båtmesse").stdout
    assert json.loads(type_in(place, "projects", "show", "Båtmesse", "--json").stdout)["leader"] == "Kåre Å."
    refused = type_in(place, "projects", "set", "Båtmesse", "--ends", "snart")
    assert (refused.returncode, "'snart' is no day; write one like 2026-12-31." in refused.stderr) == (1, True)
