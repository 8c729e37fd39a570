"""`mailings users`: made, listed, changed, and in the log, as an administrator types it."""

from __future__ import annotations

import json
import os
import pty
import select
import subprocess
import sys
import termios
import time
from pathlib import Path

import pytest

from mailings.db import Database
from mailings.staff import passwords, users
from tests.cli.typed import type_in


@pytest.fixture
def typed(db: Database, tmp_path: Path) -> object:
    """Types `mailings users WORDS` against the test's database."""

    def words(*words: str) -> subprocess.CompletedProcess[str]:
        return type_in(tmp_path, "users", *words, MAILINGS_DATABASE_URL=db.url.render_as_string(hide_password=False))

    return words


def test_a_generated_password_is_shown_once_and_opens(db: Database, typed) -> None:  # type: ignore[no-untyped-def]
    """`--generate` prints it, the list and the log do not, and it is the one that is kept."""
    made = json.loads(
        typed("add", "Åse", "--role", "sender", "--role", "reader", "--full-name", "Åse Ødegård", "--generate", "--json").stdout
    )
    assert (made["name"], made["roles"], made["state"], made["by"]) == ("åse", ["reader", "sender"], "active", "password")
    with db.reading() as session:
        assert passwords.matches(users.user_named(session, "åse").password_hash, made["password"])
    shown = typed("list").stdout + typed("log").stdout + typed("list", "--json").stdout + typed("log", "--json").stdout
    assert made["password"] not in shown
    assert "Åse Ødegård" in shown


def test_every_change_is_in_the_log_with_who_made_it(typed) -> None:  # type: ignore[no-untyped-def]
    """Newest first, by the user of this machine behind the word cli, which is no user of the desk: those have no blanks."""
    typed("add", "bo", "--role", "admin", "--no-password")
    typed("add", "désirée@fjord.test", "--role", "admin", "--generate")
    for words in (["roles", "bo", "sender", "override_consent"], ["disable", "bo"], ["enable", "bo"], ["password", "bo", "--generate"]):
        assert typed(*words).returncode == 0
    lines = json.loads(typed("log", "--subject", "user bo", "--json").stdout)
    assert [line["what"] for line in lines] == ["change password", "enable user", "disable user", "change roles", "add user"]
    assert lines[3]["details"] == {"before": ["admin"], "after": ["sender", "override_consent"]}
    assert all(line["by"].startswith("cli ") for line in lines)
    assert json.loads(typed("log", "--user", "ingen", "--json").stdout) == []
    assert len(json.loads(typed("log", "--most", "2", "--json").stdout)) == 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["add", "bo", "--role", "keiser", "--generate"], "There is no role keiser"),
        (["add", "b o", "--role", "reader", "--generate"], "cannot be a user's name"),
        (["add", "bo", "--role", "reader"], "--password-stdin or --generate"),
        (["roles", "ingen", "reader"], "There is no user ingen"),
        (["disable", "sjef"], "last who may manage users"),
        (["roles", "sjef", "reader"], "last who may manage users"),
        (["log", "--day", "i går"], "is no day"),
    ],
)
def test_what_cannot_be_is_said_in_one_sentence(typed, words: list[str], said: str) -> None:  # type: ignore[no-untyped-def]
    """Exit 1 and why; nothing is changed."""
    typed("add", "sjef", "--role", "admin", "--no-password")
    before = typed("log", "--json").stdout
    answer = typed(*words)
    assert (answer.returncode, said in answer.stderr) == (1, True)
    assert typed("log", "--json").stdout == before


def _command(db: Database, *words: str) -> tuple[list[str], dict[str, str]]:
    told = {name: value for name, value in os.environ.items() if not name.startswith("MAILINGS_")}
    told |= {"MAILINGS_DATABASE_URL": db.url.render_as_string(hide_password=False), "PYTHONPATH": str(Path(__file__).parents[2])}
    return [sys.executable, "-m", "cli.main", "users", *words], told


def test_a_password_can_come_from_standard_input(db: Database, tmp_path: Path) -> None:
    """Its first line, without the line end; one that will not do is refused, and no user is left behind."""
    command, told = _command(db, "add", "bo", "--role", "reader", "--password-stdin")
    for given, code in (("kort\n", 1), ("blåbær på fjellet\nog mer\n", 0)):
        assert subprocess.run(command, cwd=tmp_path, env=told, input=given, text=True, capture_output=True, timeout=180).returncode == code
    with db.reading() as session:
        assert passwords.matches(users.user_named(session, "bo").password_hash, "blåbær på fjellet")


def _echoes(terminal: int) -> bool:
    """True while what is typed would be shown: it would be thrown away, too, when the question begins."""
    return bool(termios.tcgetattr(terminal)[3] & termios.ECHO)


def test_on_a_terminal_it_is_asked_twice_and_not_shown(db: Database, tmp_path: Path) -> None:
    """What is typed does not appear; the second must be like the first."""
    command, told = _command(db, "add", "bo", "--role", "reader")
    ours, theirs = pty.openpty()
    with subprocess.Popen(command, cwd=tmp_path, env=told, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True) as process:
        os.close(theirs)
        shown, until = b"", time.monotonic() + 180
        for answer in (b"fjellbekken\n", b"fjelltoppen\n", b"fjellbekken\n", b"fjellbekken\n"):
            while not shown.rstrip(b" ").endswith((b"Password:", b"once more:")) or _echoes(ours):
                assert select.select([ours], [], [], 0.05)[0] or time.monotonic() < until, shown
                shown += os.read(ours, 1024) if select.select([ours], [], [], 0)[0] else b""
            shown += b"|"
            os.write(ours, answer)
        assert process.wait(180) == 0
    os.close(ours)
    assert b"fjell" not in shown
    with db.reading() as session:
        assert passwords.matches(users.user_named(session, "bo").password_hash, "fjellbekken")
