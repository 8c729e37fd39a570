"""Limits: a bucket in the database lets messages leave evenly, whoever asks."""

from __future__ import annotations

from datetime import timedelta

import pytest

from mailings.clock import standing_at
from mailings.db import Database
from mailings.sending.throttle import Limit, Throttle
from tests.sending.world import START


def made(db: Database, *limits: Limit) -> Throttle:
    """A throttle with its buckets in the database."""
    throttle = Throttle(limits)
    with db.connection() as connection:
        throttle.make(connection)
    return throttle


def test_evenly(any_db: Database) -> None:
    """At 600 a minute every message is worth 100 ms: the first five leave now, the next in half a second, nothing is saved up."""
    throttle = made(any_db, Limit("installation", 600))
    with standing_at(START):
        assert [throttle.reserve(any_db, 5) for _ in range(3)] == [0.0, 0.5, 1.0]
    with standing_at(START + timedelta(hours=1)):
        assert [throttle.reserve(any_db, 5) for _ in range(2)] == [0.0, 0.5]


def test_shared_and_kept(any_db: Database) -> None:
    """A second process, or a restart, finds the bucket as it was left; a new rate holds at once."""
    with standing_at(START):
        made(any_db, Limit("installation", 60)).reserve(any_db, 2)
        again = made(any_db, Limit("installation", 120))
        assert [again.reserve(any_db, 1), again.reserve(any_db, 1)] == [2.0, 2.5]


def test_the_slower_of_two(any_db: Database) -> None:
    """The installation's limit and the mailing's own hold both."""
    throttle = made(any_db, Limit("installation", 6000), Limit("mailing:høst", 60))
    with standing_at(START):
        assert [throttle.reserve(any_db, 1) for _ in range(3)] == [0.0, 1.0, 2.0]


def test_unused_is_given_back(any_db: Database) -> None:
    """What was reserved and not sent does not delay the next."""
    throttle = made(any_db, Limit("installation", 60))
    with standing_at(START):
        throttle.reserve(any_db, 10)
        throttle.give_back(any_db, 9)
        assert throttle.reserve(any_db, 1) == 1.0


@pytest.mark.parametrize(("rate", "batch"), [(6, 1), (60, 1), (600, 5), (24_000, 200), (1e9, 200)])
def test_batches_follow_the_rate(rate: float, batch: int) -> None:
    """Half a second's worth at a time, at least one and never more than wanted."""
    assert Throttle([Limit("installation", rate)]).batch(200) == batch


def test_no_limit_asks_nobody(any_db: Database) -> None:
    """Without limits nothing waits."""
    assert Throttle([]).reserve(any_db, 1000) == 0.0
    assert Throttle([]).batch(200) == 200
