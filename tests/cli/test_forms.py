"""`mailings forms`, typed as a person would."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.typed import type_in
from tests.forms.sent import folder_of

FIELDS = "- {kind: name}\n- {kind: email, mandatory: true}\n- {kind: radio, identifier: dish, label: 'Mat [x]', choices: [Fisk]}"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder with a database of its own, with tables, and a form's folder."""
    assert type_in(tmp_path, "init").returncode == 0
    folder_of(tmp_path / "form", FIELDS)
    return tmp_path


def test_pushed_shown_listed_deleted(place: Path) -> None:
    """A form is pushed, has an address and lines to embed it, is opened and closed, and goes while nobody has sent anything."""
    pushed = type_in(place, "forms", "push", "form")
    assert (pushed.returncode, pushed.stderr) == (0, "")
    assert "pamelding is version 1, at http://127.0.0.1:8600/f/pamelding" in pushed.stdout
    shown = json.loads(type_in(place, "forms", "show", "pamelding", "--json").stdout)
    assert (shown["title"], shown["standing"], shown["submissions"]["total"]) == ("Påmelding", "open", 0)
    assert '<iframe src="http://127.0.0.1:8600/f/pamelding?' in shown["snippet"]
    assert "Mat [x]" in type_in(place, "forms", "show", "pamelding").stdout
    assert "cannot be filled in from now on" in type_in(place, "forms", "deactivate", "pamelding").stdout
    (listed,) = json.loads(type_in(place, "forms", "list", "--json").stdout)["forms"]
    assert (listed["name"], listed["standing"]) == ("pamelding", "inactive")
    assert "can be filled in from now on" in type_in(place, "forms", "activate", "pamelding").stdout
    assert "pamelding" in type_in(place, "forms", "list").stdout
    assert "Deleted" in type_in(place, "forms", "delete", "pamelding").stdout


def test_refused_with_a_sentence(place: Path) -> None:
    """What cannot be read is exit code 2 with every problem; a form nobody has is 1."""
    folder_of(place / "form", "- {kind: emial}\n- {kind: relation}")
    wrong = type_in(place, "forms", "push", "form")
    assert wrong.returncode == 2
    assert "has 2 problems" in wrong.stderr
    assert type_in(place, "forms", "show", "ukjent").returncode == 1
