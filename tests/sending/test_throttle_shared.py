"""Limits in the database under several senders at once, and under a clock that is set."""

from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta
from subprocess import PIPE

import pytest

from mailings.clock import standing_at
from mailings.db import Database
from tests.sending.limited import bucket, throttle, waits
from tests.sending.test_throttle_law import worst
from tests.sending.world import START
from tests.stories.several import begin, said
from tests.warm import Warm

HOUR = timedelta(hours=1)


@pytest.mark.parametrize("hours", [1, 24, 24 * 300])
def test_a_clock_turned_back(any_db: Database, hours: int) -> None:
    """What was reserved lies as far ahead as before: nobody waits for the hours to come again, and nothing is let through twice."""
    bucket(any_db, "installation", per_minute=60)
    bucket(any_db, "mailing:høst", per_minute=30)
    limits = throttle(any_db, "mailing:høst", "installation")
    with standing_at(START + hours * HOUR):
        assert waits(limits, any_db, 1, 1) == [(1, 0.0), (0, 2.0)]
    with standing_at(START):
        assert waits(limits, any_db, 1) == [(0, 2.0)]
    with standing_at(START + timedelta(seconds=1)):
        assert waits(limits, any_db, 1) == [(0, 1.0)]
    with standing_at(START + timedelta(seconds=2)):
        assert waits(limits, any_db, 1) == [(1, 0.0)]


def test_a_clock_set_forward(any_db: Database) -> None:
    """An hour's leap is a rest: the burst leaves once, and then all goes on evenly."""
    bucket(any_db, "installation", per_minute=60, burst=3)
    limits = throttle(any_db)
    with standing_at(START):
        assert waits(limits, any_db, 9, 1) == [(3, 0.0), (1, 1.0)]
    with standing_at(START + HOUR):
        assert waits(limits, any_db, 9, 1, 1) == [(3, 0.0), (1, 1.0), (1, 2.0)]


RESERVING = """
import sys
from mailings.clock import standing_at
from mailings.db import connected
from mailings.sending.limits.throttle import Throttle
from tests.sending.world import START

db, limits = connected(sys.argv[1]), Throttle(["mailing:høst", "installation"], {})
print("ready", flush=True)
sys.stdin.readline()
with standing_at(START):
    print(*(limits.reserve(db, 1).wait for _ in range(75)))
"""


def test_processes_never_share_a_token(any_db: Database) -> None:
    """Three hundred messages reserved by four processes at once leave one after the other, 10 ms apart: none shared, none lost."""
    bucket(any_db, "installation", per_minute=6000)
    url = any_db.url.render_as_string(hide_password=False)
    with ExitStack() as running:
        four = [running.enter_context(Warm(["-c", RESERVING, url], dict(os.environ), stdin=PIPE, stdout=PIPE)) for _ in range(4)]
        for one in four:
            running.callback(one.kill)
            assert one.stdout
            assert one.stdout.readline() == "ready\n"
        for one in four:
            begin(one)
        found = sorted(float(wait) for one in four for wait in said(one)[0].split())
    assert found == [n / 100 for n in range(300)]


def test_the_law_by_the_real_clock(any_db: Database) -> None:
    """Four threads that send as fast as they may for two seconds exceed no window by more than burst and one second's worth."""
    bucket(any_db, "installation", per_minute=3000, burst=5)
    until, sent = time.monotonic() + 2, list[float]()

    def send() -> None:
        """One sender."""
        limits = throttle(any_db)
        while (at := time.monotonic()) < until or (len(sent) <= 50 and at < until + 60):  # for longer where the machine stood still
            held = limits.reserve(any_db, 50)
            time.sleep(held.wait)
            while (moment := time.monotonic()) < held.ends and held.use():
                sent.append(moment)

    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(send) for _ in range(4)]:
            done.result()
    assert len(sent) > 50
    assert worst(sorted(moment * 1000 for moment in sent), 3000) <= 5 + 50
