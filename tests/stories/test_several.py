"""Four processes on one mailing: nobody twice, nobody lost, also when one of them is killed. Real SMTP, both databases."""

from __future__ import annotations

import random
import signal
import time
from collections.abc import Callable

import pytest

from mailings.db import Database
from mailings.model import MailingStatus
from mailings.sending.due import due
from tests.sending import world
from tests.servers.sink import open_folder, program, sink
from tests.stories.sender import FIRST
from tests.stories.several import BATCH, NAME, begin, begun, by_lease, go_on, lease_of, processes, said, taken, under_way

__all__ = ["begun"]

pytestmark = pytest.mark.skipif(program("smtp-sink") is None, reason="smtp-sink (Debian's postfix) is not installed")

IN_FLIGHT = 20  # ten connections, on each a message that waits for its answer and the next one begun


def test_four_processes(any_db: Database, begun: Callable[[int], int]) -> None:
    """Four senders and a conductor serve everybody once between them, each its share, and the conductor closes the books."""
    people = 2000
    mailing_id = begun(people)
    with open_folder() as mail, sink("-W", "DATA:1:1", dump=mail / "taken") as server:
        with processes(any_db, server, [0.0] * 4) as (conductor, *shards):
            for process in (*shards, conductor):
                begin(process)
            go_on(shards)
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
    which, nth = chance.randrange(4), chance.randint(1, FIRST * BATCH)
    mailing_id = begun(people)
    with open_folder() as mail, sink("-W", "DATA:1:1", dump=mail / "taken") as server:
        with processes(any_db, server, [0.0] * 4, dying=(which, nth)) as (conductor, *shards):
            for process in (*shards, conductor):
                begin(process)
            victim = shards.pop(which)
            assert victim.wait(120) == -signal.SIGKILL, "it had ended by itself"
            lease = lease_of(any_db, victim.pid)
            go_on(shards)
            for shard in shards:
                assert int(said(shard)[-1]) > 0
            sentences = said(conductor)
        on_the_wire = taken(server)
    doubted = by_lease(any_db, "in_doubt")
    found = world.statuses(any_db, mailing_id)
    assert world.status(any_db, mailing_id) is MailingStatus.SENT, f"seed {seed}: {sentences}"
    assert set(doubted) == {lease}
    assert found["in_doubt"] == sum(doubted.values()) <= 2 * BATCH + IN_FLIGHT
    assert found["sent"] + found["in_doubt"] == people
    assert max(on_the_wire.values()) == 1
    assert found["sent"] <= len(on_the_wire) <= people


def test_one_limit_for_all(any_db: Database, begun: Callable[[int], int]) -> None:
    """A rate holds for all processes together: 600 messages at 6,000 a minute take three of them as long as one."""
    people, rate = 600, 100
    mailing_id = begun(people)
    with open_folder() as mail, sink(dump=mail / "taken") as server:
        with processes(any_db, server, [0.0] * 3, MAILINGS_RATE=str(rate * 60)) as (conductor, *shards):
            began = time.monotonic()
            for process in (*shards, conductor):
                begin(process)
            go_on(shards)
            shares = [int(said(shard)[-1]) for shard in shards]
            took = time.monotonic() - began
            said(conductor)
        assert max(taken(server).values()) == 1
    assert world.statuses(any_db, mailing_id) == {"sent": people}
    assert min(shares) > 0
    assert took * rate >= people - 2 * rate  # a limit for each would have let 300 a second through


def test_clocks_that_are_wrong(any_db: Database, begun: Callable[[int], int]) -> None:
    """One sender's clock is an hour ahead and another's an hour behind: everybody is served once, nothing waits, the books close."""
    people = 600
    mailing_id = begun(people)
    with open_folder() as mail, sink("-W", "DATA:1:1", dump=mail / "taken") as server:
        with processes(any_db, server, [3600.0, -3600.0]) as (conductor, *shards):
            for process in (*shards, conductor):
                begin(process)
            go_on(shards)
            shares = [int(said(shard)[-1]) for shard in shards]
            sentence, left = said(conductor)
        on_the_wire = taken(server)
    assert sentence == f"{NAME} is sent."
    assert min(shares) > 0
    assert sum(shares) + int(left) == people
    assert world.statuses(any_db, mailing_id) == {"sent": people}
    assert len(on_the_wire) == people
    assert max(on_the_wire.values()) == 1


def test_the_conductor_is_killed(any_db: Database, begun: Callable[[int], int]) -> None:
    """Without its conductor the senders serve everybody; nobody takes its place while one lives, and then the next one closes."""
    people = 1500
    mailing_id = begun(people)
    with open_folder() as mail, sink("-W", "DATA:1:1", dump=mail / "taken") as server:
        with processes(any_db, server, [0.0, 0.0]) as (conductor, *shards):
            for process in (*shards, conductor):
                begin(process)
            under_way(shards)
            conductor.kill()
            assert conductor.wait(60) == -signal.SIGKILL, "it had ended by itself"
            with any_db.reading() as session:
                assert due(session) == []
            for shard in shards:
                begin(shard)
            assert sum(int(said(shard)[-1]) for shard in shards) == people
        assert world.status(any_db, mailing_id) is MailingStatus.SENDING
        with any_db.reading() as session:
            assert [found.name for found in due(session)] == [NAME]
        with processes(any_db, server, []) as (another,):
            begin(another)
            assert said(another) == [f"{NAME} is sent.", "0"]
        assert max(taken(server).values()) == 1
    assert world.statuses(any_db, mailing_id) == {"sent": people}
