"""How often one client may ask: buckets of tokens in memory, bounded in number, gone with the process."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

KEPT = 20_000  # clients remembered in each of the three limits, 5 MB each at most; whoever was seen longest ago is forgotten first


@dataclass(frozen=True)
class Rate:
    """Tokens a second, and how many may be saved up."""

    a_second: float
    burst: float


#: a provider's proxy fetches the opens of a whole mailing, and an office follows its links, from a handful of addresses
ASKING = Rate(200, 2000)
#: forms: a person needs two
POSTING = Rate(2, 30)
#: addresses that lead nowhere; nobody can guess a token, so this spares our log and our processor
MISSING = Rate(1, 30)

#: passwords tried at the desk: an office shares an address, and somebody who guesses needs thousands
SIGNING = Rate(1 / 6, 10)


class Buckets:
    """One bucket a client, full at first. `clock` gives seconds that never go back."""

    def __init__(self, rate: Rate, clock: Callable[[], float] = time.monotonic, kept: int = KEPT) -> None:
        self._rate, self._clock, self._kept = rate, clock, kept
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()  # client -> tokens, and when they were counted

    def __len__(self) -> int:
        return len(self._left)

    def take(self, client: str) -> float:
        """Take a token: 0.0 when there was one, else the seconds until there is."""
        now = self._clock()
        tokens = self._now(client, now)
        wait = 0.0 if tokens >= 1 else (1 - tokens) / self._rate.a_second
        self._keep(client, tokens if wait else tokens - 1, now)
        return wait

    def give_back(self, client: str) -> None:
        """Return a token that was taken in vain."""
        now = self._clock()
        self._keep(client, min(self._rate.burst, self._now(client, now) + 1), now)

    def _now(self, client: str, now: float) -> float:
        tokens, since = self._left.get(client, (self._rate.burst, now))
        return min(self._rate.burst, tokens + (now - since) * self._rate.a_second)

    def _keep(self, client: str, tokens: float, now: float) -> None:
        self._left[client] = (tokens, now)
        self._left.move_to_end(client)
        if len(self._left) > self._kept:
            self._left.popitem(last=False)


class Rates:
    """The three limits of the door."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.asks, self.posts, self.misses = Buckets(ASKING, clock), Buckets(POSTING, clock), Buckets(MISSING, clock)
