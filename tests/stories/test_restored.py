"""A backup is put back in the middle of a mailing: nobody gets it twice, nobody is lost, and links already sent stay whose they were."""

from __future__ import annotations

import re
import shutil
import sqlite3
import subprocess
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import orjson
import pytest
from sqlalchemy import text

from mailings.db import Database
from mailings.sending.restoring import AHEAD
from tests.postgres import binaries
from tests.stories.conftest import Office
from tests.stories.test_killed import until_sent

pytestmark = [pytest.mark.prefect, pytest.mark.xdist_group("stories")]

PEOPLE = 300


def back_up(db: Database, to: Path) -> None:
    """As the page on backups says, while senders are at work."""
    if db.sqlite:
        with closing(sqlite3.connect(str(db.url.database))) as connection:
            connection.execute("VACUUM INTO ?", (str(to),))
        return
    plain = db.url.set(drivername="postgresql").render_as_string(hide_password=False)
    subprocess.run([binaries() / "pg_dump", "--format=custom", f"--file={to}", plain], check=True, timeout=120)


def put_back(db: Database, backup: Path) -> None:
    """Everything stopped, the database as it was."""
    db.engine.dispose()
    if db.sqlite:
        file = Path(str(db.url.database))
        file.rename(file.with_name("broken.db"))
        for kind in ("-wal", "-shm"):
            file.with_name(file.name + kind).unlink(missing_ok=True)
        shutil.copy(backup, file)
        return
    plain = db.url.set(drivername="postgresql").render_as_string(hide_password=False)
    restore = [binaries() / "pg_restore", "--clean", "--if-exists", f"--dbname={plain}", backup]
    subprocess.run(restore, check=True, timeout=120)


def outbox(desk: Office) -> Counter[str]:
    """How many letters to each person lie in the mail folder, which no backup puts back: the witness."""
    letters = (file.read_text("utf-8", "replace") for file in (desk.folder / "var" / "outbox" / "new").iterdir())
    return Counter(who for letter in letters for who in set(re.findall(r"ase\d{5}@fjord\.test", letter)))


def last_number(db: Database) -> int:
    """The highest number a delivery has."""
    with db.connection(write=False) as connection:
        return int(connection.execute(text("SELECT max(id) FROM delivery")).scalar_one())


def test_a_backup_put_back_serves_nobody_twice(office: Callable[..., Office], tmp_path: Path) -> None:
    """Sent on after the backup, put back, said so: the rest is in doubt and no run touches it; decided by a person, the books balance."""
    desk = office(PEOPLE)
    assert desk.command("limits", "set", "installation", "--rate", "300").returncode == 0  # a minute: as long as a backup may take
    with desk.started("send", "host-nytt") as first:
        until_sent(desk, first, 5)
        back_up(desk.db, tmp_path / "backup")
        assert desk.command("limits", "remove", "installation").returncode == 0
        assert first.wait(timeout=180) == 0
    assert desk.command("test", "host-nytt", "--to", "kari@acme.test").returncode == 0
    given = last_number(desk.db)
    served = outbox(desk)
    put_back(desk.db, tmp_path / "backup")
    before = desk.status()
    unknown = before["deliveries"]["queued"] + before["deliveries"]["sending"]
    assert unknown > 0, before

    told = desk.command("restored", "--yes", "--json")
    assert told.returncode == 0, told.stderr
    document = orjson.loads(told.stdout)
    assert document == {"drafts": [], "held": ["host-nytt"], "in_doubt": {"host-nytt": unknown}}
    ended = desk.command("send", "host-nytt", "--json")
    assert ended.returncode == 0, ended.stderr
    assert orjson.loads(ended.stdout)["deliveries"]["in_doubt"] == unknown
    assert outbox(desk) == served

    assert desk.command("settle", "host-nytt", "--as", "sent").returncode == 0
    status = desk.status()
    assert (status["status"], status["balanced"], status["deliveries"]["sent"]) == ("sent", True, PEOPLE)
    assert outbox(desk) == served
    assert (len(served), max(served.values())) == (PEOPLE, 1)

    assert desk.command("test", "host-nytt", "--to", "kari@acme.test").returncode == 0
    assert last_number(desk.db) > given + AHEAD // 2


def test_what_had_not_begun_waits_for_a_person(office: Callable[..., Office]) -> None:
    """A mailing that was scheduled may have gone out since: it is a draft again, its hour passes without it; said twice it is the same."""
    desk = office(3)
    assert desk.command("send", "host-nytt", "--at", "2126-01-01T00:00:00Z").returncode == 0
    told = desk.command("restored", "--yes", "--json")
    assert orjson.loads(told.stdout) == {"drafts": ["host-nytt"], "held": [], "in_doubt": {}}
    assert desk.status()["status"] == "draft"
    again = desk.command("restored", "--yes", "--json")
    assert orjson.loads(again.stdout) == {"drafts": [], "held": [], "in_doubt": {}}


def test_it_is_not_said_while_somebody_sends(office: Callable[..., Office]) -> None:
    """With a sender at work nothing is put in doubt: it would be sent all the same."""
    desk = office(PEOPLE, MAILINGS_RATE="600")
    with desk.started("send", "host-nytt") as first:
        until_sent(desk, first, 5)
        told = desk.command("restored", "--yes")
        first.kill()
    assert told.returncode == 1
    assert "stop every worker and sender first" in told.stderr
    assert desk.command("restored").returncode == 1
