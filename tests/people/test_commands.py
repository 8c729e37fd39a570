"""The commands of `people` and `topics`, as a person types them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from cli.main import application
from mailings.consent.topics import ensure_default_topics
from mailings.db import Database
from mailings.errors import BadAddress, MailingsError, NotAllowed, NotFound, Unreadable
from mailings.settings import Settings
from tests.consent.waiting import a_mailing, a_person, queue, statuses
from tests.people.files import text, workbook


def _run(*words: str, answer: str | None = None) -> Result:
    result = CliRunner().invoke(application(), list(words), input=answer)
    if isinstance(result.exception, MailingsError):
        raise result.exception
    assert result.exception is None or isinstance(result.exception, SystemExit), result.output
    return result


@pytest.fixture
def list_file(tmp_path: Path, configured: Settings, db: Database) -> Path:
    """A list of two people and one mistake, and a database with the usual topics."""
    with db.writing() as session:
        ensure_default_topics(session)
    rows = [["Navn", "E-post"], ["Åse Ødegård", "ase@x.test"], ["Feil [rad]", "feil"], ["Bjørn", "bjorn@x.test"]]
    return workbook(tmp_path / "kunder.xlsx", rows)


def test_one_person_is_one(tmp_path: Path, list_file: Path) -> None:
    """Of one it is said as of one: a list of one row, a selection of one person."""
    alone = workbook(tmp_path / "én.xlsx", [["Navn", "E-post"], ["Désirée van der IJssel", "desiree@ijssel.test"]])
    said = " ".join(_run("people", "import", str(alone), "--consent", "consent", "--selection", "Én").output.split())
    assert "1 row in én.xlsx: 1 person created, 0 matched, 0 skipped. The selection Én now has 1 person." in said
    assert "1 statement about consent recorded, source Import." in said
    assert "(static, 1 person)" in _run("selections", "show", "Én").output
    assert "it has 1 person now." in _run("selections", "create", "Også én", "--where", 'name like "Désirée%"').output
    assert "'Også én' is static now, with 1 person." in _run("selections", "freeze", "Også én").output
    assert "Added 0 to 'Én'; 1 was in it already." in _run("selections", "add", "Én", "desiree@ijssel.test").output
    assert "1 queued message was cancelled" not in _run("people", "erase", "desiree@ijssel.test", "--yes").output


def test_importing_in_words(list_file: Path) -> None:
    """The screen names the wrong row under the list's own heads, the counts, and that no consent was recorded."""
    said = _run("people", "import", str(list_file)).output
    assert "What is wrong in kunder.xlsx" in said
    assert "E-post" in said
    assert "3 rows in kunder.xlsx: 2 people created, 0 matched, 1 skipped." in " ".join(said.split())
    assert "No consent was recorded" in said


def test_importing_as_json(list_file: Path) -> None:
    """`--json` prints one document on one line with the promised fields."""
    result = _run("people", "import", str(list_file), "--consent", "legitimate_interest", "--selection", "Kunder", "--json")
    assert result.stdout.count("\n") == 1
    said = json.loads(result.stdout)
    assert {key: said[key] for key in ("rows", "created", "matched", "unknown_kept", "skipped")} == {
        "rows": 3, "created": 2, "matched": 0, "unknown_kept": 0, "skipped": 1,
    }  # fmt: skip
    assert [(error["row"], error["column"]) for error in said["errors"]] == [(3, "email")]
    shown = json.loads(_run("people", "show", "ASE@x.test", "--json").stdout)
    assert (shown["selections"], shown["consents"][0]["basis"], shown["consents"][0]["source"]) == (
        ["Kunder"],
        "legitimate_interest",
        "Import",
    )
    again = json.loads(
        _run("people", "import", str(list_file), "--consent", "legitimate_interest", "--selection", "Kunder", "--json").stdout
    )
    assert (again["created"], again["matched"], again["consents"]) == (0, 2, 0)


def test_a_dry_run_changes_nothing(list_file: Path) -> None:
    """`--dry-run` says what would happen; afterwards nobody is there."""
    said = _run("people", "import", str(list_file), "--dry-run", "--selection", "Kunder", "--consent", "consent").output
    assert "2 people would be created" in said
    with pytest.raises(NotFound):
        _run("people", "show", "ase@x.test")


def test_what_import_refuses(list_file: Path, tmp_path: Path) -> None:
    """A wrong basis or policy is refused with the words there are; a file that is no list is unreadable."""
    with pytest.raises(NotAllowed, match="samtykke is no legal basis; choose one of consent, contract"):
        _run("people", "import", str(list_file), "--consent", "samtykke")
    with pytest.raises(NotAllowed, match="takes keep or skip, not drop"):
        _run("people", "import", str(list_file), "--unknown", "drop")
    with pytest.raises(Unreadable, match="no column with e-mail"):
        _run("people", "import", str(text(tmp_path / "letter.txt", "Hei\n")))
    said = json.loads(_run("people", "import", str(list_file), "--unknown", "skip", "--json").stdout)
    assert (said["created"], said["skipped"]) == (0, 3)


def test_consent_and_correction(list_file: Path, db: Database) -> None:
    """Consent is recorded once with source User; withdrawn cancels at once; a corrected address is where the person is found."""
    _run("people", "import", str(list_file))
    assert "contract, recorded" in _run("people", "consent", "ase@x.test", "--basis", "contract").output
    assert "in force already" in _run("people", "consent", "ase@x.test", "--basis", "contract").output
    with db.writing() as session:
        waits = queue(session, a_mailing(session, "a"), a_person(session, "c@x.test"))
        session.expunge_all()
    _run("people", "consent", "c@x.test", "--basis", "withdrawn")
    with db.writing() as session:
        session.add(waits)
        assert statuses(session, waits) == ["cancelled"]
    with pytest.raises(NotAllowed, match="no legal basis"):
        _run("people", "consent", "ase@x.test", "--basis", "maybe")
    assert "bjorn@ny.test from now on" in _run("people", "correct", "bjorn@x.test", "bjorn@ny.test").output
    assert "bjorn@ny.test" in _run("people", "show", "bjorn@ny.test").output
    with pytest.raises(BadAddress):
        _run("people", "correct", "bjorn@ny.test", "nowhere")


def test_erasing_asks_first(list_file: Path) -> None:
    """Erasing asks; no is no; `--yes` does not ask; afterwards nobody has the address; until it is for good it can be taken back."""
    _run("people", "import", str(list_file))
    with pytest.raises(NotAllowed, match="Åse Ødegård was not erased"):
        _run("people", "erase", "ase@x.test", answer="n\n")
    assert "Åse Ødegård is off every list" in _run("people", "erase", "ase@x.test", answer="y\n").output
    _run("people", "erase", "bjorn@x.test", "--yes", "--now")
    for gone in ("ase@x.test", "bjorn@x.test"):
        with pytest.raises(NotFound):
            _run("people", "show", gone)
    assert "there again" in _run("people", "erase", "ase@x.test", "--undo").output
    assert "Åse Ødegård" in _run("people", "show", "ase@x.test").output
    with pytest.raises(NotFound, match="is being erased"):
        _run("people", "erase", "bjorn@x.test", "--undo")
    with pytest.raises(NotAllowed, match="not both"):
        _run("people", "erase", "ase@x.test", "--undo", "--now")


def test_for_good_after_all(list_file: Path) -> None:
    """Who is being erased already can be erased for good at once, and gets the report until then."""
    _run("people", "import", str(list_file))
    _run("people", "erase", "ase@x.test", "--yes")
    out = list_file.parent / "åse.html"
    assert "Everything held about ase@x.test" in _run("people", "report", "ase@x.test", "--out", str(out)).output
    assert "Ødegård" in out.read_text(encoding="utf-8")
    assert "Åse Ødegård is erased" in _run("people", "erase", "ase@x.test", "--yes", "--now").output
    with pytest.raises(NotFound):
        _run("people", "report", "ase@x.test", "--out", str(out))


def test_topics(list_file: Path) -> None:
    """Topics are listed and added; a taken name is refused."""
    assert "Møter added" in _run("topics", "add", "Møter").output
    assert "Møter: Kveldsmøter på kaia" in _run("topics", "describe", "møter", "Kveldsmøter på kaia").output
    newest = json.loads(_run("topics", "list", "--json").stdout)["topics"][-1]
    assert (newest["name"], newest["description"]) == ("Møter", "Kveldsmøter på kaia")
    assert "Urgent messages" in _run("topics", "list").output
    with pytest.raises(NotAllowed, match="named Møter already"):
        _run("topics", "add", "MØTER")


def test_exit_codes(list_file: Path, tmp_path: Path, configured: Settings) -> None:
    """Unreadable input ends with 2, an unknown name with 1, each with one sentence on standard error and nothing else."""
    environment = os.environ | {"MAILINGS_DATABASE_URL": configured.database_url.get_secret_value()}
    for words, code in ((["import", str(tmp_path / "none.xlsx")], 2), (["show", "nobody@x.test"], 1), (["show", "nobody"], 2)):
        command = [sys.executable, "-m", "cli.main", "people", *words]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, cwd=tmp_path)
        assert (done.returncode, done.stdout) == (code, "")
        assert done.stderr.startswith("✗ ")
        assert done.stderr.count("\n") == 1
