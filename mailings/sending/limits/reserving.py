"""Reservations: tokens under all limits of a message at once, and the time slot in which they hold."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from mailings.sending.limits import rates
from mailings.sending.limits.rates import State


class Decision(NamedTuple):
    """What is reserved: how many, to leave from when (ms); with none, when to ask again, and for people why."""

    messages: int
    start: int
    why: str | None = None


class Charge(NamedTuple):
    """A bucket as a reservation left it, and how many it took."""

    after: State
    messages: int


@dataclass(slots=True)
class Reservation:
    """Tokens for `messages` that may leave after `wait` seconds; past their time slot they are void. With 0: ask again after `wait`."""

    messages: int
    wait: float = 0.0
    why: str | None = None  # for people: what is waited for, where nothing could be reserved
    begins: float = -math.inf  # the slot, in seconds of `monotonic`
    ends: float = math.inf
    charges: Sequence[Charge] = ()
    monotonic: Callable[[], float] = time.monotonic
    left: int = field(init=False)

    def __post_init__(self) -> None:
        self.left = self.messages

    @property
    def usable(self) -> int:
        """How many may leave now."""
        return self.left if self.begins <= self.monotonic() < self.ends else 0

    def use(self) -> bool:
        """Let one message leave now; False when none may."""
        if self.usable <= 0:
            return False
        self.left -= 1
        return True


def decide(limits: Sequence[State], wanted: int, now: int) -> Decision:
    """How many of `wanted` may leave, and from when (ms), under all of these limits, the broadest last.

    Only the broadest is reserved ahead: who reserved there while waiting for a narrower limit would keep others from leaving.
    """
    broadest = rates.opens(limits[-1], now)
    shut = [(at, rates.why(state, now)) for state in limits[:-1] if (at := rates.opens(state, now)) > now]
    if broadest > now + rates.AHEAD:
        shut.append((broadest, rates.why(limits[-1], now)))
    if shut:
        return Decision(0, *max(shut))
    if messages := min(rates.room(state, broadest, wanted) for state in limits):
        return Decision(messages, broadest)
    return Decision(0, *max((rates.opens(state, broadest), rates.why(state, broadest)) for state in limits))
