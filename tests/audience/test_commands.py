"""The commands about drafts and audiences, as a person or a script meets them."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from mailings.db import Database, database
from mailings.model import Mailing
from mailings.settings import Settings
from tests.audience.people import folder, person, topic
from tests.cli import typed

ROOT = Path(__file__).parents[2]


def run(*words: str) -> subprocess.CompletedProcess[str]:
    """`mailings` as a process of its own, with the test's settings."""
    environment = os.environ | {"PYTHONPATH": str(ROOT), "COLUMNS": "200", "PYTHONIOENCODING": "utf-8"}
    return typed.run(Path.cwd(), words, environment)


def document(*words: str) -> Any:
    """The one JSON document a command prints; it succeeds and prints it on one line."""
    done = run(*words, "--json")
    assert (done.returncode, done.stderr, done.stdout.count("\n")) == (0, "", 1), done
    return json.loads(done.stdout)


@pytest.fixture
def people(db: Database, configured: Settings) -> None:
    """Åse with consent, Bjørn without, a topic."""
    with db.writing() as session:
        person(session, "Åse Ås", "ase@x.test", country="NO")
        person(session, "Bjørn; =1+1", "bjorn@x.test", None, country="NO")
        topic(session, "News")


def test_from_selection_to_explanation(people: None, tmp_path: Path) -> None:
    """A selection is made, a folder pushed, its recipients listed and one of them explained, all as JSON."""
    made = document("selections", "create", "Norge", "--where", 'country = "NO"')
    assert made == {"name": "Norge", "kind": "dynamic", "people": 2}
    shown = document("selections", "show", "Norge")
    assert (shown["kind"], shown["people"][1]) == ("dynamic", {"email": "ase@x.test", "name": "Åse Ås"})
    pushed = document("push", str(folder(tmp_path / "m", sources=[{"selection": "Norge"}], topic="News")))
    assert (pushed["name"], pushed["status"], pushed["sources"]) == (
        "autumn",
        "draft",
        [{"kind": "selection", "name": "Norge", "rows": None}],
    )
    listed = document("recipients", "autumn")
    assert listed["verdicts"] == {"eligible": 1, "no_consent": 1}
    assert {row["email"]: row["verdict"] for row in listed["recipients"]} == {"ase@x.test": "eligible", "bjorn@x.test": "no_consent"}
    assert [row["email"] for row in document("recipients", "autumn", "--verdict", "no_consent")["recipients"]] == ["bjorn@x.test"]
    explained = document("explain", "autumn", "bjorn@x.test")
    assert (explained["verdict"], explained["others"]) == ("no_consent", [])
    assert [row["name"] for row in document("list")] == ["autumn"]
    rows = list(csv.DictReader(io.StringIO(run("recipients", "autumn", "--csv").stdout)))
    assert [row["name"] for row in rows] == ["Åse Ås", "Bjørn; =1+1"]
    both = run("recipients", "autumn", "--json", "--csv")
    assert (both.returncode, both.stdout) == (1, "")


def test_projects_copies_and_deletes(people: None, tmp_path: Path) -> None:
    """Projects take people, drafts are copied and deleted, and a second list shows it."""
    assert document("projects", "create", "Messe") == {"name": "Messe"}
    assert document("projects", "add", "Messe", "ase@x.test") == {"name": "Messe", "added": 1}
    assert document("projects", "show", "Messe") == {"name": "Messe", "people": [{"email": "ase@x.test", "name": "Åse Ås"}]}
    document("push", str(folder(tmp_path / "m", archive={"project": "Messe"})))
    assert document("copy", "autumn", "vår") == {"name": "vår", "status": "draft"}
    assert document("delete", "autumn") == {"name": "autumn", "deleted": True}
    assert [(row["name"], row["status"]) for row in document("list")] == [("vår", "draft")]
    assert "Åse Ås gets vår." in run("explain", "vår", "ase@x.test").stdout
    assert "1 eligible" in run("recipients", "vår").stdout


WRONG = [
    (("push", "nowhere"), 2, "There is no mailing.yaml in nowhere"),
    (("explain", "nope", "a@x.test"), 1, "There is no mailing named 'nope'"),
    (("recipients", "nope", "--verdict", "maybe"), 1, "There is no verdict 'maybe'"),
    (("selections", "create", "X", "--where", 'contry = "NO"'), 2, "did you mean country"),
    (("selections", "create", "X", "--left", "A"), 1, "--left, --combine and --right together"),
    (("selections", "add", "X", "a@x.test"), 1, "There is no selection named 'X'"),
    (("projects", "show", "X"), 1, "There is no project named 'X'"),
    (("delete", "X"), 1, "There is no mailing named 'X'"),
]


@pytest.mark.parametrize(("words", "code", "told"), WRONG)
def test_what_cannot_be_is_one_sentence(people: None, words: tuple[str, ...], code: int, told: str) -> None:
    """A wrong name, file or option ends with its exit code and one sentence on standard error, nothing on standard output."""
    done = run(*words)
    assert (done.returncode, done.stdout) == (code, "")
    assert told in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr


def test_a_template_and_a_moment_in_the_list(people: None, tmp_path: Path) -> None:
    """A template is called one, and leads to its schedule instead of a check; a moment is to the minute, by this machine's clock."""
    pushed = run("push", str(folder(tmp_path / "m", name="fredagsnytt", template=True)))
    assert "fredagsnytt is stored as a template" in pushed.stdout
    assert "schedule of send-recurring for fredagsnytt" in pushed.stdout
    assert "mailings check" not in pushed.stdout
    document("push", str(folder(tmp_path / "n", name="høst-nytt")))
    moment = datetime(2099, 11, 22, 14, 38, 11, 481000, tzinfo=UTC)
    with database().writing() as session:
        session.execute(update(Mailing).where(Mailing.name == "høst-nytt").values(scheduled_at=moment, status="scheduled"))
    listed = run("list").stdout
    rows = {line.split()[1]: line for line in listed.splitlines() if "nytt" in line}
    assert " template " in rows["fredagsnytt"]
    assert f" {moment.astimezone():%Y-%m-%d %H:%M} " in rows["høst-nytt"]
    assert {row["name"]: (row["status"], row["template"]) for row in document("list")} == {
        "fredagsnytt": ("draft", True),
        "høst-nytt": ("scheduled", False),
    }
