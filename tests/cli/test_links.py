"""`mailings links`, typed as a person would."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mailings.db import Database
from mailings.model import TrackedLink
from tests.cli.typed import type_in
from tests.tracking.clicked import click, click_address, delivered, linked, reader, sent


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder with a database of its own, with tables."""
    assert type_in(tmp_path, "init").returncode == 0
    return tmp_path


def test_made_changed_deleted(place: Path) -> None:
    """A link is made with its actions, listed, changed, deleted and brought back; each says what it means for mail that is out."""
    (place / "gjør.yaml").write_text("interests: {add: [Langrenn]}\n", encoding="utf-8")
    made = type_in(place, "links", "create", "messe", "https://fjord.test/mässe", "--actions", "gjør.yaml")
    assert (made.returncode, made.stderr) == (0, "")
    assert "[[ link.messe ]]" in made.stdout
    shown = json.loads(type_in(place, "links", "show", "messe", "--json").stdout)
    assert (shown["url"], shown["actions"], shown["clickers"]) == ("https://fjord.test/mässe", {"interests": {"add": ["Langrenn"]}}, [])
    edited = json.loads(type_in(place, "links", "edit", "messe", "--url", "https://fjord.test/ny", "--no-actions", "--json").stdout)
    assert edited == {"name": "messe", "url": "https://fjord.test/ny", "actions": {}}
    assert "keeps working" in type_in(place, "links", "delete", "messe").stdout
    assert "messe (deleted)" in type_in(place, "links", "list").stdout
    assert type_in(place, "links", "create", "messe", "https://fjord.test/").returncode == 1
    assert type_in(place, "links", "edit", "messe", "--restore").returncode == 0
    (listed,) = json.loads(type_in(place, "links", "list", "--json").stdout)
    assert (listed["name"], listed["deleted"], listed["clicks"]) == ("messe", False, 0)


def test_clickers(place: Path) -> None:
    """Who clicked is shown with mailing and time, put into a selection and a project, and counted from nothing after a reset."""
    type_in(place, "links", "create", "messe", "https://fjord.test/m")
    database = Database(f"sqlite:///{place}/var/mailings.db")
    with database.writing() as session:
        autumn = sent(session)
        linked(session, autumn)
        session.add(TrackedLink(mailing_id=autumn.id, number=2, name="messe", url="https://fjord.test/m", registered_id=1))
        session.flush()
        ase = delivered(session, autumn, reader(session, "Åse Ødegård"))
        click(session, ase, 2)
        click(session, ase, 1)
        click(session, delivered(session, autumn, None, address="løs@fjord.test"), 2, after=70)
    shown = type_in(place, "links", "show", "messe").stdout
    for words in ("2 people clicked, 2 times in all; machines 0 times.", "Åse Ødegård", "løs@fjord.test", "høst-nytt", "2026-11-21 09:01"):
        assert words in shown
    document = json.loads(type_in(place, "links", "show", "messe", "--json").stdout)
    assert [(one["name"], one["mailing"], one["clicks"]) for one in document["clickers"]] == [
        ("Åse Ødegård", "høst-nytt", 1),
        ("", "høst-nytt", 1),
    ]
    added = type_in(place, "links", "show", "messe", "--add-to-selection", "Varme", "--add-to-project", "Høstmesse", "--json")
    assert json.loads(added.stdout) == {
        "selection": {"name": "Varme", "added": 1, "skipped": 1},
        "project": {"name": "Høstmesse", "added": 1, "skipped": 1},
    }
    of_mailing = json.loads(type_in(place, "links", "list", "--mailing", "høst-nytt", "--json").stdout)
    assert [(one["number"], one["name"], one["clicks"], one["registered"]) for one in of_mailing] == [
        (1, "lenke1", 1, False),
        (2, "messe", 2, True),
    ]
    assert "count no more; what was recorded of them stays" in type_in(place, "links", "reset", "messe").stdout
    assert json.loads(type_in(place, "links", "show", "messe", "--json").stdout)["clicks"] == 0
    assert json.loads(type_in(place, "links", "show", "lenke1", "--mailing", "høst-nytt", "--json").stdout)["clicks"] == 1


def test_an_address_of_one_recipient(place: Path) -> None:
    """The list of a mailing ends with the addresses that single recipients have; one is shown by its address, without a second name."""
    database = Database(f"sqlite:///{place}/var/mailings.db")
    with database.writing() as session:
        autumn = sent(session)
        linked(session, autumn)
        click_address(session, delivered(session, autumn, reader(session, "Åse Ødegård")), "https://fjord.test/din/1")
    listed = type_in(place, "links", "list", "--mailing", "høst-nytt").stdout
    assert "addresses of single recipients" in " ".join(listed.replace("│", " ").split())
    last = json.loads(type_in(place, "links", "list", "--mailing", "høst-nytt", "--json").stdout)[-1]
    assert (last["number"], last["url"], last["clicks"], last["clickers"]) == (None, None, 1, 1)
    shown = type_in(place, "links", "show", "https://fjord.test/din/1", "--mailing", "høst-nytt").stdout
    assert "https://fjord.test/din/1, an address of single recipients" in shown
    assert "Åse Ødegård" in shown
    reset = type_in(place, "links", "reset", "https://fjord.test/din/1", "--mailing", "høst-nytt")
    assert (reset.returncode, "cannot be reset" in reset.stderr) == (1, True)


def test_a_deleted_link_says_so(place: Path) -> None:
    """Shown or edited, a deleted link says that it is deleted and how it comes back; --actions and --no-actions are not taken together."""
    type_in(place, "links", "create", "messe", "https://fjord.test/m")
    type_in(place, "links", "delete", "messe")
    back = "mailings links edit messe --restore"
    assert back in type_in(place, "links", "show", "messe").stdout.replace("\n", " ")
    assert back in type_in(place, "links", "edit", "messe", "--url", "https://fjord.test/n").stdout.replace("\n", " ")
    assert back not in type_in(place, "links", "edit", "messe", "--restore").stdout.replace("\n", " ")
    both = type_in(place, "links", "edit", "messe", "--actions", "x.yaml", "--no-actions")
    assert "not both" in both.stderr


def test_what_goes_wrong_is_one_sentence(place: Path) -> None:
    """Unknown names end with 1, what cannot be read with 2; one sentence each."""
    (place / "feil.yaml").write_text("interest: {}\n", encoding="utf-8")
    for words, code in (
        (("show", "ukjent"), 1),
        (("show", "x", "--mailing", "ukjent"), 1),
        (("create", "ny", "fjord.test"), 2),
        (("create", "ny", "https://fjord.test/", "--actions", "feil.yaml"), 2),
        (("create", "online", "https://fjord.test/"), 1),
        (("edit", "ukjent"), 1),
        (("reset", "ukjent"), 1),
    ):
        told = type_in(place, "links", *words)
        assert (told.returncode, told.stdout, len(told.stderr.strip().splitlines())) == (code, "", 1), words
    assert json.loads(type_in(place, "links", "list", "--json").stdout) == []
