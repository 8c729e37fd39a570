"""`mailings deliver`: a loop in a process of its own, without Prefect; ended by a signal, joined by others, patient with the database."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from subprocess import PIPE, Popen

import orjson
import pytest
from sqlalchemy import create_engine, func, select, text

from mailings.db import Database
from mailings.model import Delivery, MailingStatus
from mailings.sending import lifecycle
from mailings.sending.finding import mailing_named
from tests.cli.typed import type_in
from tests.sending.asked import DANISH, DUTCH, ask, books, mailing, person
from tests.warm import Warm

BEGUN, ENDED = "Watching for what people ask for; Ctrl-C ends it.", "Watching has ended; what was in hand is finished."
PATIENCE = 180.0  # seconds a test waits for what takes a second or two


def environment(db: Database, **more: str) -> dict[str, str]:
    """An installation on this database, mailing into a folder."""
    url = db.url.render_as_string(hide_password=False)
    return {"MAILINGS_DATABASE_URL": url, "MAILINGS_SYSTEM_FROM": "Fjord <post@fjord.test>", "PYTHONUNBUFFERED": "1"} | more


@contextmanager
def watching(db: Database, folder: Path, *words: str, told: Path | None = None, **more: str) -> Iterator[Popen[str]]:
    """A loop for the block; it never outlives the test. `told` = the file for what it says on standard error, to be read meanwhile."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("MAILINGS_", "PREFECT_"))} | environment(db, **more)
    with ExitStack() as stack:
        trouble = PIPE if told is None else stack.enter_context(told.open("w"))
        running = stack.enter_context(Warm(["-m", "cli.main", "deliver", "--watch", *words], kept, cwd=folder, stdout=PIPE, stderr=trouble))
        stack.callback(running.kill)
        yield running


@contextmanager
def closed_to(db: Database) -> Iterator[Callable[[bool], None]]:
    """Whether a PostgreSQL database takes connections, to be chosen; those it has are ended when it does not."""
    server = create_engine(db.url.set(database="postgres"), isolation_level="AUTOCOMMIT")

    def admit(them: bool) -> None:
        with server.connect() as connection:
            connection.execute(text(f"ALTER DATABASE {db.url.database} ALLOW_CONNECTIONS {them}"))
            if not them:
                ended = text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name")
                connection.execute(ended, {"name": db.url.database})

    try:
        yield admit
    finally:
        admit(True)
        server.dispose()


def until(holds: Callable[[], bool]) -> None:
    """Wait until it holds."""
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)


def count(db: Database, status: str = "sent") -> int:
    """How many messages have that status."""
    with db.reading() as session:
        return session.scalar(select(func.count()).select_from(Delivery).where(Delivery.status == status)) or 0


def outbox(folder: Path) -> list[Path]:
    """The messages in the mail folder."""
    return list((folder / "var/outbox/new").glob("*"))


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_it_serves_and_ends_by_a_signal(any_db: Database, tmp_path: Path, number: signal.Signals, code: int) -> None:
    """Who asks while it runs is served; it says a line for each look that served somebody, without addresses, and ends when told."""
    with watching(any_db, tmp_path) as loop:
        ask(any_db, person(any_db))
        until(lambda: count(any_db) == 1)
        ask(any_db, person(any_db, "desiree@ijssel.test", "nl"))
        until(lambda: count(any_db) == 2)
        loop.send_signal(number)
        said, trouble = loop.communicate(timeout=PATIENCE)
    assert (loop.returncode, trouble.splitlines()) == (code, [BEGUN, ENDED])
    assert [line.split(" ", 1)[1] for line in said.splitlines()] == [f"{DANISH}: 1 sent", f"{DUTCH}: 1 sent"]
    assert len(outbox(tmp_path)) == 2
    assert mailing(any_db).status is MailingStatus.SENDING


def test_once_for_cron(any_db: Database, tmp_path: Path) -> None:
    """One look, one document, exit 0, with nobody waiting too."""
    ask(any_db, person(any_db))
    looks = [type_in(tmp_path, "deliver", "--once", "--json", **environment(any_db)) for _ in range(2)]
    assert [(look.returncode, look.stderr) for look in looks] == [(0, "")] * 2
    first, second = (orjson.loads(look.stdout)["mailings"] for look in looks)
    assert first == [{"name": DANISH, "sent": 1, "failed": 0, "later": 0, "in_doubt": 0, "untouched": 0}]
    assert second == []


def test_how_long(db: Database, tmp_path: Path) -> None:
    """Without --watch or --once it says what the choice is, with both that it is one; a look that finds nobody says so."""
    found = type_in(tmp_path, "deliver", **environment(db))
    assert (found.returncode, "--watch" in found.stderr, "--once" in found.stderr) == (2, True, True)
    both = type_in(tmp_path, "deliver", "--watch", "--once", **environment(db))
    assert (both.returncode, "not both" in both.stderr) == (2, True)
    assert type_in(tmp_path, "deliver", "--once", **environment(db)).stdout == "Nothing is waiting.\n"


def test_it_knows_no_prefect(db: Database, tmp_path: Path) -> None:
    """It sends while Prefect is being upgraded, or is not installed at all."""
    ask(db, person(db))
    code = (
        "import sys; sys.modules['prefect'] = None\n"  # any import of it fails
        "from cli.main import application; application()(['deliver', '--once'], standalone_mode=False)"
    )
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("MAILINGS_", "PREFECT_"))}
    root = str(Path(__file__).parents[2])
    facts = {"cwd": tmp_path, "env": kept | environment(db) | {"PYTHONPATH": root}, "text": True}
    with Popen([sys.executable, "-c", code], stdout=PIPE, stderr=PIPE, **facts) as running:
        said, trouble = running.communicate(timeout=60)
    assert (running.returncode, "1 sent" in said) == (0, True), trouble


def test_several_at_once(any_db: Database, tmp_path: Path) -> None:
    """Three loops on one installation serve everybody once."""
    with watching(any_db, tmp_path), watching(any_db, tmp_path), watching(any_db, tmp_path):
        for number in range(12):
            ask(any_db, person(any_db, f"ase-{number}@fjord.test", ("da", "nl")[number % 2]))
            time.sleep(0.2)
        until(lambda: count(any_db) == 12)
    files = [path.name.split(".")[0] for path in outbox(tmp_path)]
    assert len(files) == len(set(files)) == 12
    assert (books(any_db).deliveries["sent"], books(any_db, DUTCH).deliveries["sent"]) == (6, 6)


def test_paused_is_said_once(any_db: Database, tmp_path: Path) -> None:
    """A paused message is said once, with how to let it go on, and the others go on; resumed it is served."""
    ask(any_db, person(any_db))
    with any_db.writing() as session:
        lifecycle.pause(mailing_named(session, DANISH), "The disk is full.")
    told = tmp_path / "told"
    with watching(any_db, tmp_path, told=told) as loop:
        ask(any_db, person(any_db, "desiree@ijssel.test", "nl"))
        until(lambda: count(any_db) == 1 and "is paused" in told.read_text())
        time.sleep(2.5)
        with any_db.writing() as session:
            lifecycle.resume(session, mailing_named(session, DANISH))
        until(lambda: count(any_db) == 2)
        loop.terminate()
        loop.communicate(timeout=PATIENCE)
    assert told.read_text().count("is paused: The disk is full.") == 1
    assert told.read_text().count(f"mailings resume {DANISH}") == 1


def test_once_tells_cron_of_trouble(db: Database, tmp_path: Path) -> None:
    """Where somebody waits for a paused message, --once ends with 1 and says so."""
    ask(db, person(db))
    with db.writing() as session:
        lifecycle.pause(mailing_named(session, DANISH))
    found = type_in(tmp_path, "deliver", "--once", **environment(db))
    assert (found.returncode, "is paused" in found.stderr) == (1, True)


@pytest.mark.parametrize("any_db", [pytest.param("postgres", marks=[pytest.mark.postgres])], indirect=True)
def test_the_database_goes_away(any_db: Database, tmp_path: Path) -> None:
    """A database that answers nobody is waited for: said once when it goes, once when it is back; then who asks is served."""
    told = tmp_path / "told"
    with watching(any_db, tmp_path, told=told) as loop, closed_to(any_db) as admit:
        ask(any_db, person(any_db))
        until(lambda: count(any_db) == 1)
        admit(False)
        until(lambda: "Waiting for it." in told.read_text())
        time.sleep(2.5)
        admit(True)
        ask(any_db, person(any_db, "desiree@ijssel.test", "nl"))
        until(lambda: count(any_db) == 2 and "answers again" in told.read_text())
        loop.terminate()
        loop.communicate(timeout=PATIENCE)
    assert loop.returncode == 0
    begun, first, second, ended = told.read_text().splitlines()
    assert (begun, ended) == (BEGUN, ENDED)
    assert first.endswith("Waiting for it.")
    assert second == "The database answers again."


def test_a_wrong_setting_is_said_at_once(db: Database, tmp_path: Path) -> None:
    """A transport that cannot be used is one sentence before anybody waits."""
    found = type_in(tmp_path, "deliver", "--watch", **environment(db, MAILINGS_EMAIL_TRANSPORT="brevdue"))
    assert (found.returncode, "brevdue" in found.stderr, "Traceback" in found.stderr) == (3, True, False)
