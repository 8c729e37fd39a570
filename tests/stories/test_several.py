"""Four processes on one mailing: nobody twice, nobody lost, also when one of them is killed. Real SMTP, both databases."""

from __future__ import annotations

import os
import random
import re
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from subprocess import PIPE, Popen

import pytest
from sqlalchemy import text

from mailings.audience.drafts import push
from mailings.audience.populate import populate
from mailings.db import Database
from mailings.model import MailingStatus
from mailings.sending import lifecycle
from mailings.sending.finding import mailing_named
from tests.sending import world
from tests.servers.sink import Sink, open_folder, program, sink
from tests.stories.conftest import BODY, MAILING

pytestmark = pytest.mark.skipif(program("smtp-sink") is None, reason="smtp-sink (Debian's postfix) is not installed")

NAME, BATCH = "host-nytt", 50
IN_FLIGHT = 20  # ten connections, on each a message that waits for its answer and the next one begun


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
def processes(db: Database, server: Sink, senders: int, **more: str) -> Iterator[list[Popen[str]]]:
    """A conductor and so many senders, all holding their leases; they begin when told. None outlives the block."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("MAILINGS_")}
    ours = {
        "MAILINGS_DATABASE_URL": db.url.render_as_string(hide_password=False),
        "MAILINGS_SECRET": "a-secret-of-the-tests-and-of-nobody-else",
        "MAILINGS_EMAIL_TRANSPORT": "smtp",
        "MAILINGS_SMTP_HOST": "127.0.0.1",
        "MAILINGS_SMTP_PORT": str(server.port),
    }
    with ExitStack() as running:
        started = []
        for role in ["conduct", *["join"] * senders]:
            command = [sys.executable, "-m", "tests.stories.sender", role, NAME, str(BATCH)]
            process = running.enter_context(Popen(command, env=kept | ours | more, text=True, stdin=PIPE, stdout=PIPE, stderr=PIPE))
            running.callback(process.kill)
            started.append(process)
        for process in started:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n", process.communicate()
        yield started


def begin(process: Popen[str]) -> None:
    """Tell it to begin."""
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


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


def test_four_processes(any_db: Database, begun: Callable[[int], int]) -> None:
    """Four senders and a conductor serve everybody once between them, each its share, and the conductor closes the books."""
    people = 2000
    mailing_id = begun(people)
    with open_folder() as mail, sink("-W", "DATA:1:1", dump=mail / "taken") as server:
        with processes(any_db, server, 4) as (conductor, *shards):
            for process in (*shards, conductor):
                begin(process)
            shares = [int(said(shard)[-1]) for shard in shards]
            *sentences, left = said(conductor)
        on_the_wire = taken(server)
    assert sentences == [f"{NAME} is sent."]
    assert min(shares) >= BATCH
    assert sum(shares) + int(left) == people
    assert sorted(by_lease(any_db, "sent").values()) == sorted(n for n in [*shares, int(left)] if n)
    assert world.statuses(any_db, mailing_id) == {"sent": people}
    assert len(on_the_wire) == people
    assert max(on_the_wire.values()) == 1


@pytest.mark.parametrize("seed", [17])
def test_one_is_killed(any_db: Database, begun: Callable[[int], int], seed: int) -> None:
    """Kill one of four at a random moment: its rows alone come in doubt, the others serve the rest, and the conductor closes."""
    people, chance = 2000, random.Random(seed)
    mailing_id = begun(people)
    with open_folder() as mail, sink("-W", "DATA:1:1", dump=mail / "taken") as server:
        with processes(any_db, server, 4) as (conductor, *shards):
            for process in (*shards, conductor):
                begin(process)
            until_sent(any_db, chance.randint(50, people // 2))
            victim = chance.choice(shards)
            victim.kill()
            assert victim.wait(10) == -signal.SIGKILL, "it had ended by itself"
            lease = lease_of(any_db, victim.pid)
            for shard in shards:
                if shard is not victim:
                    assert int(said(shard)[-1]) > 0
            sentences = said(conductor)
        on_the_wire = taken(server)
    doubted = by_lease(any_db, "in_doubt")
    found = world.statuses(any_db, mailing_id)
    assert world.status(any_db, mailing_id) is MailingStatus.SENT, f"seed {seed}: {sentences}"
    assert set(doubted) <= {lease}
    assert found.get("in_doubt", 0) == sum(doubted.values()) <= 2 * BATCH + IN_FLIGHT
    assert found["sent"] + found.get("in_doubt", 0) == people
    assert max(on_the_wire.values()) == 1
    assert found["sent"] <= len(on_the_wire) <= people


def until_sent(db: Database, count: int) -> None:
    """Wait until the books show so many sent."""
    for _ in range(1200):
        if sum(by_lease(db, "sent").values()) >= count:
            return
        time.sleep(0.02)
    pytest.fail(f"{count} were not sent within 24 s")


def lease_of(db: Database, pid: int) -> int:
    """The lease of a process."""
    with db.reading() as session:
        return int(session.execute(text("SELECT id FROM lease WHERE pid = :pid AND role = 'sender'"), {"pid": pid}).scalar_one())


def test_one_limit_for_all(any_db: Database, begun: Callable[[int], int]) -> None:
    """A rate holds for all processes together: 600 messages at 6,000 a minute take three of them as long as one."""
    people, rate = 600, 100
    mailing_id = begun(people)
    with open_folder() as mail, sink(dump=mail / "taken") as server:
        with processes(any_db, server, 3, MAILINGS_RATE=str(rate * 60)) as (conductor, *shards):
            for process in (*shards, conductor):
                begin(process)
            began = time.monotonic()
            shares = [int(said(shard)[-1]) for shard in shards]
            took = time.monotonic() - began
            said(conductor)
        assert max(taken(server).values()) == 1
    assert world.statuses(any_db, mailing_id) == {"sent": people}
    assert min(shares) > 0
    assert took * rate >= people - 2 * rate  # a limit for each would have let 300 a second through
