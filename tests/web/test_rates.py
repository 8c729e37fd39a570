"""How often one client may ask: on a clock that stands still until it is moved."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from mailings.db import Database
from mailings.tokens import Kind
from tests.web.opened import a_delivery, address, opened
from web.rates import ASKING, MISSING, POSTING, Buckets, Rate, Rates

NOWHERE = "/u/nothing"


@dataclass
class Hand:
    """A clock moved by hand."""

    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


@given(st.lists(st.floats(0, 5), min_size=1, max_size=200))
def test_nobody_takes_more_than_the_rate_and_the_burst(waits: list[float]) -> None:
    """Over any stretch of time a client is given at most burst + rate x time, however it spreads its requests."""
    hand = Hand()
    buckets, taken = Buckets(Rate(2, 5), hand), 0
    for wait in waits:
        hand.now += wait
        taken += buckets.take("198.51.100.1") == 0
    assert taken <= 5 + 2 * (hand.now - 1000.0) + 1e-6


def test_the_wait_that_is_named_is_long_enough() -> None:
    """After exactly the seconds that Retry-After names there is a token."""
    hand = Hand()
    buckets = Buckets(Rate(1, 2), hand)
    assert [buckets.take("a") for _ in range(2)] == [0, 0]
    hand.now += buckets.take("a")
    assert buckets.take("a") == 0


def test_memory_is_bounded_by_forgetting_who_was_seen_longest_ago() -> None:
    """A million addresses leave no more buckets than are kept; a client that keeps coming keeps its own."""
    buckets = Buckets(Rate(1, 1), Hand(), kept=100)
    buckets.take("stays")
    for number in range(10_000):
        buckets.take(f"client {number}")
        assert buckets.take("stays") > 0
    assert len(buckets) == 100


def test_addresses_that_lead_nowhere_are_limited(db: Database) -> None:
    """After thirty misses a client is told to wait, by the same quiet page; a second later one more is answered."""
    hand = Hand()
    with opened(db, rates=Rates(hand)) as door:
        answers = [door.ask("GET", NOWHERE) for _ in range(int(MISSING.burst) + 1)]
        assert {answer.status for answer in answers[:-1]} == {404}
        assert (answers[-1].status, answers[-1].header("retry-after"), answers[-1].body) == (429, "2", answers[0].body)
        assert door.ask("GET", NOWHERE, client="198.51.100.99").status == 404, "another client is not held up"
        hand.now += 1
        assert [door.ask("GET", NOWHERE).status for _ in range(2)] == [404, 429]


def test_a_link_that_holds_is_answered_however_many_did_not(db: Database) -> None:
    """Behind an office's one address somebody tries addresses out: the links of the others keep working."""
    delivery = a_delivery(db)
    with opened(db, rates=Rates(Hand())) as door:
        assert [door.ask("GET", NOWHERE).status for _ in range(40)][-1] == 429
        assert door.ask("GET", address(Kind.CLICK, delivery)).status == 302


def test_asking_is_limited(db: Database) -> None:
    """A flood from one client ends at the burst, whatever it asks for; /up too."""
    hand = Hand()
    with opened(db, rates=Rates(hand)) as door:
        statuses = [door.ask("GET", "/robots.txt").status for _ in range(int(ASKING.burst) + 10)]
        assert statuses.count(200) == ASKING.burst
        assert set(statuses) == {200, 429}
        hand.now += 1
        assert door.ask("GET", "/robots.txt").status == 200


def test_posts_are_limited(db: Database) -> None:
    """Thirty posts at once, then two a second; reading on is not held up by it."""
    rates = Rates(hand := Hand())
    rates.misses = Buckets(Rate(1000, 1000), hand)  # the address posted to leads nowhere, which is another limit
    with opened(db, rates=rates) as door:
        statuses = [door.press("/robots.txt").status for _ in range(int(POSTING.burst) + 5)]
        assert statuses == [404] * int(POSTING.burst) + [429] * 5
        assert door.ask("GET", "/robots.txt").status == 200
        hand.now += 0.5
        assert [door.press("/robots.txt").status for _ in range(2)] == [404, 429]


def test_a_provider_may_unsubscribe_many_from_one_address(db: Database) -> None:
    """One-click posts that hold come from a mail provider's few machines: a hundred at once are all answered (RFC 8058)."""
    deliveries = [a_delivery(db, f"brev {number}") for number in range(3)]
    with opened(db, rates=Rates(Hand())) as door:
        asked = [address(Kind.UNSUBSCRIBE, delivery) for delivery in deliveries]
        statuses = {door.press(asked[number % 3], **{"List-Unsubscribe": "One-Click"}).status for number in range(100)}
    assert statuses == {200}


def test_this_machine_is_under_no_limit(db: Database) -> None:
    """A proxy that forwards nobody's address, or a check on this machine, is not throttled as if it were one reader."""
    with opened(db, rates=Rates(Hand())) as door:
        assert {door.ask("GET", NOWHERE, client="127.0.0.1").status for _ in range(100)} == {404}
        assert {door.ask("GET", NOWHERE, client=None).status for _ in range(100)} == {404}
        through = [door.ask("GET", NOWHERE, client="127.0.0.1", x_forwarded_for="198.51.100.1").status for _ in range(40)]
        assert through[-1] == 429
