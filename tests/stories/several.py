"""Several real processes on one mailing, and what tells afterwards who was served by whom."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from subprocess import PIPE, Popen

import pytest
from sqlalchemy import text

from mailings.audience.drafts import push
from mailings.audience.populate import populate
from mailings.db import Database
from mailings.sending import lifecycle
from mailings.sending.finding import mailing_named
from tests.servers.sink import Sink
from tests.stories.conftest import BODY, MAILING
from tests.warm import Warm

NAME, BATCH = "host-nytt", 50


@pytest.fixture
def begun(any_db: Database, tmp_path: Path) -> Callable[[int], int]:
    """A mailing to so many people with everybody queued; its id."""

    def made(people: int) -> int:
        folder = tmp_path / NAME
        folder.mkdir()
        (folder / "mailing.yaml").write_text(MAILING)
        (folder / "body.html").write_text(BODY)
        rows = (f"Désirée van der IJssel {n},ase{n:05}@fjord.test" for n in range(people))
        (folder / "people.csv").write_text("\n".join(["name,email", *rows]))
        with any_db.writing() as session:
            push(session, folder)
            mailing = mailing_named(session, NAME)
            lifecycle.pick_up(mailing)
            populate(session, mailing, launch=True)
            lifecycle.begin_sending(session, mailing)
            return mailing.id

    return made


@contextmanager
def processes(
    db: Database, server: Sink, clocks: list[float], dying: tuple[int, int] | None = None, **more: str
) -> Iterator[list[Popen[str]]]:
    """A conductor and a sender for each clock, which is so many seconds wrong; all hold leases, and begin when told. None outlives it.

    `dying` = which of the senders ends itself by kill -9, and at the answer to its nth message.
    """
    kept = {k: v for k, v in os.environ.items() if not k.startswith("MAILINGS_")}
    ours = {
        "MAILINGS_DATABASE_URL": db.url.render_as_string(hide_password=False),
        "MAILINGS_SECRET": "a-secret-of-the-tests-and-of-nobody-else",
        "MAILINGS_EMAIL_TRANSPORT": "smtp",
        "MAILINGS_SMTP_HOST": "127.0.0.1",
        "MAILINGS_SMTP_PORT": str(server.port),
    }
    with ExitStack() as running:
        started = list[Popen[str]]()
        for number, (role, off) in enumerate([("conduct", 0.0), *(("join", off) for off in clocks)], -1):
            its = kept | ours | more | {"CLOCK_OFF": str(off)}
            if dying is not None and number == dying[0]:
                its["DIES_AT"] = str(dying[1])
            words = ["-m", "tests.stories.sender", role, NAME, str(BATCH)]
            process = running.enter_context(Warm(words, its, stdin=PIPE, stdout=PIPE, stderr=PIPE))
            running.callback(process.kill)
            started.append(process)
        for process in started:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n", process.communicate()
        yield started


def begin(process: Popen[str]) -> None:
    """Tell it to begin, or to go on."""
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


def under_way(shards: Sequence[Popen[str]]) -> None:
    """Wait until each of them has sent some; it waits then for the word to go on."""
    for shard in shards:
        assert shard.stdout is not None
        assert shard.stdout.readline() == "begun\n", shard.communicate()


def go_on(shards: Sequence[Popen[str]]) -> None:
    """Once each of them has sent some: let them send until nothing is left."""
    under_way(shards)
    for shard in shards:
        begin(shard)


def said(process: Popen[str]) -> list[str]:
    """What it said after it was ready; it must have ended well."""
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    return out.splitlines()


def taken(server: Sink) -> Counter[str]:
    """How often each message was taken by the server."""
    return Counter(re.findall(r"^Message-ID: (<[^>]+>)", server.dumped(), re.MULTILINE))


def by_lease(db: Database, status: str) -> dict[int, int]:
    """How many deliveries of each lease have the status."""
    asked = text("SELECT lease_id, count(*) FROM delivery WHERE status = :status GROUP BY lease_id")
    with db.reading() as session:
        return dict(list(session.execute(asked, {"status": status})))


def lease_of(db: Database, pid: int) -> int:
    """The lease of a process."""
    with db.reading() as session:
        return int(session.execute(text("SELECT id FROM lease WHERE pid = :pid AND role = 'sender'"), {"pid": pid}).scalar_one())
