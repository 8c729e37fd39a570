"""How a command ends where its standard streams are not those of a terminal: full, closed, nobody there, Ctrl-C at a question."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from signal import SIGINT

import pytest

from mailings.db import Database
from tests.cli.typed import type_in
from tests.reports.read_back import a_mailing

NAMES = "Name,Email\nÅse Berg,aase@x.test\n"
QUESTION = b"[y/N]:"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder with a database of its own; in it somebody, and a mailing that was sent."""
    assert type_in(tmp_path, "init").returncode == 0
    database = Database(f"sqlite:///{tmp_path}/var/mailings.db")
    a_mailing(database)
    database.engine.dispose()  # a connection of ours would end when garbage is collected, and meddle with the file beside the database
    (tmp_path / "people.csv").write_text(NAMES, encoding="utf-8")
    assert type_in(tmp_path, "people", "import", "people.csv", "--consent", "consent").returncode == 0
    return tmp_path


def _typed(place: Path, line: str) -> subprocess.CompletedProcess[str]:
    """A line as a shell reads it, `mailings` standing for the command."""
    words = line.replace("mailings", f"env -u PYTHONUNBUFFERED {sys.executable} -m cli.main")
    return subprocess.run(["bash", "-c", words], cwd=place, capture_output=True, text=True, timeout=180, check=False)


@pytest.mark.slow
def test_what_cannot_be_written_out(place: Path) -> None:
    """Where standard output is full a command ends with 3 and one sentence; where its reader has gone, with 1 and none."""
    for words in ("list --json", "recipients høst-nytt --csv", "status høst-nytt"):
        full = _typed(place, f"mailings {words} > /dev/full")
        assert (full.returncode, full.stderr.count("\n"), "disk is full" in full.stderr) == (3, 1, True), full.stderr
        gone = _typed(place, f"mailings {words} > >(true)")
        assert (gone.returncode in (0, 1), gone.stderr) == (True, ""), gone.stderr


@pytest.mark.parametrize("stdin", ["<&-", "</dev/null"])
@pytest.mark.parametrize("words", ["people erase aase@x.test", "restored", "users add bo --role reader"])
def test_nobody_to_ask(place: Path, words: str, stdin: str) -> None:
    """A question that nobody can answer, standard input empty or closed: exit 1, and which option answers it; nothing is done."""
    told = _typed(place, f"mailings {words} {stdin}")
    assert (told.returncode, told.stdout.strip(), "Traceback" in told.stderr) == (1, "", False), told.stderr
    said = told.stderr.splitlines()[-1]
    assert "--yes" in said or "--generate" in said
    assert type_in(place, "people", "show", "aase@x.test").returncode == 0


def _interrupted(asked: subprocess.Popen[bytes]) -> int:
    """How it ends by Ctrl-C; pressed again where the first came just before it began to wait, which Python tells nobody."""
    for _ in range(6):
        asked.send_signal(SIGINT)
        try:
            return asked.wait(10)
        except subprocess.TimeoutExpired:
            continue
    asked.kill()
    return asked.wait(10)


def test_ctrl_c_at_a_question(place: Path) -> None:
    """Somebody who presses Ctrl-C instead of answering has interrupted the command: 130, in words, and nothing is done."""
    ours, theirs = pty.openpty()
    heard = ["env", "--default-signal=INT"]  # what a shell begins in the background ignores Ctrl-C, and so does all it begins
    command = [*heard, sys.executable, "-m", "cli.main", "people", "erase", "aase@x.test"]
    with subprocess.Popen(command, cwd=place, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True) as asked:
        os.close(theirs)
        shown = b""  # by then it waits for an answer: the signal is what a terminal makes of Ctrl-C
        while QUESTION not in shown:
            shown += os.read(ours, 1024)
        assert _interrupted(asked) == 130
    with suppress(OSError):  # all is read, and nobody writes any more
        while b"Interrupted" not in shown:
            shown += os.read(ours, 1024)  # a part of it, where the machine is busy
    os.close(ours)
    assert b"Interrupted" in shown
    assert type_in(place, "people", "show", "aase@x.test").returncode == 0


def test_no_file_is_left_beside_the_database(place: Path) -> None:
    """When a command has ended its SQLite file is whole: copied alone, as nothing runs, it has everything."""
    copy = place / "copy.db"
    copy.write_bytes((place / "var" / "mailings.db").read_bytes())
    assert _typed(place, "mailings topics add Fjell").returncode == 0
    copy.write_bytes((place / "var" / "mailings.db").read_bytes())
    told = type_in(place, "topics", "list", "--json", MAILINGS_DATABASE_URL=f"sqlite:///{copy}")
    assert '"Fjell"' in told.stdout, told.stderr
