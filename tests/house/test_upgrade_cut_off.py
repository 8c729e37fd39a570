"""The upgrade killed, begun twice at once, begun while the first release is at work; a database that is too new or too old."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from sqlalchemy import inspect, text

from cli import setup
from cli.setup import upgrade
from mailings.db import Database
from mailings.errors import NotAllowed, Unreachable
from mailings.model import Mailing
from tests.cli.typed import type_in
from tests.dying import killed
from tests.house.first_release import AT, ROWS, SENT
from tests.house.upgrading import STEPS, held, revision, url_of


def test_an_upgrade_that_is_cut_off_has_not_begun(old: Database) -> None:
    """Killed with every step done and nothing committed: the database is the first release's still, and the next upgrade is whole."""
    killed(old, "from cli.setup import upgrade; upgrade(database)", "COMMIT", "before")
    assert revision(old) == "0001"
    assert set(inspect(old.engine).get_table_names()) == {*ROWS, "alembic_version"}
    assert upgrade(old) == ("0001", STEPS[-1])
    assert len(held(old, "delivery")) == len(ROWS["delivery"])


def test_an_upgrade_is_killed_between_two_steps(old: Database) -> None:
    """Killed with some tables changed and others not: none is."""
    program = """
from sqlalchemy import event
from cli import setup
from cli.setup import upgrade
seen = []
def look(connection, cursor, statement, *rest):
    seen.append(statement)
    if "CREATE TABLE figure" in statement:
        os.kill(os.getpid(), signal.SIGKILL)
event.listen(database.engine, "before_cursor_execute", look)
upgrade(database)
"""
    killed(old, program, "COMMIT", "before")
    assert revision(old) == "0001"
    assert "event" not in inspect(old.engine).get_table_names()
    assert upgrade(old) == ("0001", STEPS[-1])


def test_two_upgrades_at_once_are_one(old: Database, tmp_path: Path) -> None:
    """Two machines that start together both say `init`: one upgrades, the other finds it done, neither meets an error."""
    given = {name: value for name, value in os.environ.items() if not name.startswith("MAILINGS_")}
    given |= {"MAILINGS_DATABASE_URL": url_of(old), "PYTHONUTF8": "1", "COLUMNS": "200"}
    words = [sys.executable, "-m", "cli.main", "init"]
    with old.connection(write=False) as reading:  # on PostgreSQL one waits for a quiet moment, the other for the one
        reading.execute(text("SELECT count(*) FROM bucket"))
        both = [subprocess.Popen(words, env=given, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in "12"]
        while not old.sqlite and waiting(old) < 1 and all(running.poll() is None for running in both):
            time.sleep(0.05)
    said = [running.communicate(timeout=120) for running in both]
    assert [running.returncode for running in both] == [0, 0], said
    assert sorted("upgraded from 0001" in out for out, _ in said) == [False, True]
    assert revision(old) == STEPS[-1]


def waiting(db: Database) -> int:
    """How many connections to this PostgreSQL database wait for another's lock."""
    with db.connection(write=False) as connection:
        locked = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        return int(connection.execute(text(locked)).scalar_one())


def test_the_first_release_goes_on_writing_meanwhile(old: Database) -> None:
    """A process of the first release that is at work is not lost, and nothing it writes is: its statements fit the new tables."""
    over, written = threading.Event(), []
    other = Database(url_of(old))

    def at_work() -> None:
        number = 1000
        while not over.is_set() or len(written) < 20:
            number += 1
            with other.connection() as connection:
                facts = {"id": number, "at": AT}
                connection.execute(
                    text("INSERT INTO delivery_note (delivery_id, at, what, why) VALUES (:id - :id + 1, :at, 'sent', '')"), facts
                )
                connection.execute(text(OLD_RECIPIENT), facts)
                connection.execute(text(OLD_DELIVERY), facts)
            written.append(number)

    working = threading.Thread(target=at_work)
    working.start()
    try:
        assert upgrade(old) == ("0001", STEPS[-1])
    finally:
        over.set()
        working.join(timeout=60)
    other.engine.dispose()
    assert {row["id"] for row in held(old, "delivery")} >= set(written) != set()


def test_somebody_is_at_work_all_the_time(old: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """On PostgreSQL an upgrade that finds no quiet moment says so and has changed nothing; on SQLite readers are waited for by nobody."""
    with old.connection(write=False) as reading, monkeypatch.context() as hurried:
        hurried.setattr(setup, "PATIENCE", 0.1)
        reading.execute(text("SELECT count(*) FROM bucket"))
        if old.sqlite:
            assert upgrade(old) == ("0001", STEPS[-1])
            return
        with pytest.raises(Unreachable, match="at work in the database all the time; end them"):
            upgrade(old)
    assert revision(old) == "0001"
    assert upgrade(old) == ("0001", STEPS[-1])


OLD_RECIPIENT = (
    "INSERT INTO recipient (id, mailing_id, address, verdict, overridden)"
    " VALUES (:id, 4, 'bjorg' || CAST(:id AS VARCHAR) || '@vik.test', 'eligible', CAST(0 AS BOOLEAN))"
)
OLD_DELIVERY = (
    "INSERT INTO delivery (id, mailing_id, recipient_id, status, test, attempts, lease_id, claimed_at, sent_at)"
    " VALUES (:id, 4, :id, 'sent', CAST(0 AS BOOLEAN), 1, 1, :at, :at)"
)


def test_a_database_of_a_newer_version_is_refused(old: Database, tmp_path: Path) -> None:
    """`init` of an older version leaves a newer database alone and says in a sentence what to do; every row stays."""
    upgrade(old)
    with old.connection() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9901'"))
    with pytest.raises(NotAllowed, match="is at step 9901, which this version does not know"):
        upgrade(old)
    done = type_in(tmp_path, "init", MAILINGS_DATABASE_URL=url_of(old))
    assert done.returncode == 1
    assert "Install that version again" in done.stderr
    assert "Traceback" not in done.stderr
    assert revision(old) == "9901"
    assert len(held(old, "mailing")) == len(ROWS["mailing"])


def test_a_database_that_is_not_upgraded_is_told(old: Database, tmp_path: Path) -> None:
    """A new version on old tables sends nothing and breaks nothing: it says what to run."""
    with pytest.raises(Unreachable, match=r"is not of this version .* run: mailings init"), old.writing() as session:
        session.get_one(Mailing, SENT)
    done = type_in(tmp_path, "list", MAILINGS_DATABASE_URL=url_of(old))
    assert (done.returncode, "Traceback" in done.stderr) == (3, False)
    assert "mailings init" in done.stderr
    assert revision(old) == "0001"


def test_a_file_that_is_broken_is_told(tmp_path: Path) -> None:
    """A copy that went wrong, put in the database's place, is a sentence and exit 3, not a traceback."""
    (tmp_path / "broken.db").write_bytes(b"Dette er ingen database, ikke engang nesten." * 100)
    done = type_in(tmp_path, "list", MAILINGS_DATABASE_URL=f"sqlite:///{tmp_path}/broken.db")
    assert (done.returncode, "Traceback" in done.stderr) == (3, False)
    assert "file is not a database" in done.stderr
