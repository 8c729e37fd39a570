"""The law of limits on a virtual clock: whatever crashes or stalls, no window of any length has more messages than its limit lets through.

At most rate x window + burst + one second's worth, at least one message (half a second of tokens, and half a second to use them).
"""

from __future__ import annotations

import heapq
import random
from dataclasses import dataclass, field, replace
from itertools import count

from hypothesis import given, settings
from hypothesis import strategies as st

from mailings.sending.limits import rates
from mailings.sending.limits.rates import State
from mailings.sending.limits.reserving import Charge, Reservation, decide
from tests.examples import tried
from tests.sending.limited import at, state

START = at("2026-11-22 09:00")


@dataclass
class World:
    """Senders under common limits, by a clock of their own; `sent` has the moment (ms) of every message that left."""

    limits: list[State]
    chance: random.Random
    trouble: float = 0.03  # the chance of trouble at each step
    speeds: tuple[float, ...] = (0.01, 1.0, 20.0, 400.0)  # milliseconds a message
    wishes: tuple[int, ...] = (1, 7, 200, 5000)  # messages asked for at a time
    now: float = float(START)
    sent: list[float] = field(default_factory=list)

    def seconds(self) -> float:
        """The virtual clock as a reservation asks it."""
        return self.now / 1000

    def reserve(self, wanted: int) -> Reservation:
        """As Throttle does it, on rows kept in a list."""
        now = int(self.now)
        self.limits = [replace(one, at=now) for one in self.limits]
        decision = decide(self.limits, wanted, now)
        wait = (decision.start - now) / 1000
        if not decision.messages:
            return Reservation(0, wait)
        slot = min(rates.closes(one, decision.start) for one in self.limits) - now
        self.limits = [rates.charged(one, decision.messages, decision.start) for one in self.limits]
        charges = [Charge(one, decision.messages) for one in self.limits]
        begins, ends = self.seconds() + wait, self.seconds() + slot / 1000
        return Reservation(decision.messages, wait, None, begins, ends, charges, self.seconds)

    def give_back(self, held: Reservation) -> None:
        """As the database does it: time only where nobody has reserved behind it."""
        for number, (after, taken) in enumerate(held.charges):
            if held.left and self.limits[number].next_free == after.next_free:
                self.limits[number] = replace(self.limits[number], next_free=rates.without(after, taken, held.left))

    def run(self, senders: int, seconds: float) -> None:
        """Let every sender work until the time is over: each event is one of them asking, or letting a message leave."""
        order = count()
        events = [(self.now + self.chance.random() * 100, next(order), Sender(self)) for _ in range(senders)]
        heapq.heapify(events)
        until = self.now + seconds * 1000
        while events[0][0] < until:
            self.now, _, sender = heapq.heappop(events)
            heapq.heappush(events, (self.now + max(0.01, sender.act()), next(order), sender))


@dataclass
class Sender:
    """One worker of a speed of its own; at any step it may die, stall or give up with tokens in hand."""

    world: World
    held: Reservation | None = None
    speed: float = 0.01

    def act(self) -> float:
        """One step; milliseconds until the next."""
        if self.world.chance.random() < self.world.trouble:
            return self._troubled()
        if self.held is None or not self.held.usable:
            return self._asked()
        if self.held.use():
            self.world.sent.append(self.world.now)
        return self.speed

    def _troubled(self) -> float:
        chance = self.world.chance
        what = chance.choice(["dies", "stalls", "stalls for minutes", "gives back"])
        if what == "gives back" and self.held:
            self.world.give_back(self.held)
        if what in ("dies", "gives back"):  # another takes its place
            self.held = None
        return chance.uniform(0, 240_000 if what == "stalls for minutes" else 2000)

    def _asked(self) -> float:
        self.speed = self.world.chance.choice(self.world.speeds)
        self.held = self.world.reserve(self.world.chance.choice(self.world.wishes))
        wait = self.held.wait * 1000 + 0.01
        if not self.held.messages:
            assert self.held.wait > 0, "who gets nothing must know when to ask again"
            self.held = None
        return wait


def worst(sent: list[float], per_minute: float) -> float:
    """The greatest excess over the rate of any window that begins and ends with a message: the count less rate x length."""
    per_ms, worst, least = per_minute / 60_000, 0.0, float("inf")
    for number, moment in enumerate(sent):
        least = min(least, number - per_ms * moment)
        worst = max(worst, number + 1 - per_ms * moment - least)
    return worst


def bound(limit: State) -> float:
    """Burst plus one reservation: one second's worth in all, at least one message."""
    assert limit.rate
    return limit.burst + max(1.0, limit.rate / 60)


PER_MINUTE = st.sampled_from([1.0, 6.0, 59.0, 60.0, 600.0, 6_000.0])
LIMITS = st.lists(st.tuples(PER_MINUTE, st.sampled_from([1, 2, 10, 50])), min_size=1, max_size=3)


@given(LIMITS, st.integers(1, 8), st.integers(0, 2**32))
@settings(max_examples=tried(100), deadline=None)
def test_no_window_has_too_many(rates_and_bursts: list[tuple[float, int]], senders: int, seed: int) -> None:
    """Any number of senders, fast and slow, that die, stall and give up with tokens in hand keep every limit over every window."""
    limits = [state(f"limit {n}", id=n, per_minute=rate, burst=burst) for n, (rate, burst) in enumerate(rates_and_bursts)]
    world = World(limits, random.Random(seed))
    world.run(senders, 120_000 / max(rate for rate, _ in rates_and_bursts))
    for limit in limits:
        assert limit.rate
        assert worst(world.sent, limit.rate) <= bound(limit) + 1e-6


@given(PER_MINUTE, st.sampled_from([1, 20]), st.integers(1, 4), st.integers(0, 2**32))
@settings(max_examples=tried(30), deadline=None)
def test_the_limit_is_also_reached(rate: float, burst: int, senders: int, seed: int) -> None:
    """A limit lets through what it promises: senders without trouble get at least nine tenths of it."""
    world = World([state(per_minute=rate, burst=burst)], random.Random(seed), trouble=0.0, speeds=(0.01,), wishes=(200,))
    minutes = max(0.5, 20 / rate)
    world.run(senders, 60 * minutes)
    assert len(world.sent) >= 0.9 * rate * minutes


def test_the_measure() -> None:
    """The measure itself: two thousand at once exceed any rate by two thousand, one a second exceeds 60 a minute by one."""
    assert worst([0.0] * 2000, 60) == 2000
    assert worst([1000.0 * n for n in range(100)], 60) == 1.0
    assert round(worst([500.0 * n for n in range(100)], 60), 6) == 50.5
