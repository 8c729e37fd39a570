"""Asked to slow down: a provider's 421 or 429 halves the rate for its domain, and what it then accepts raises it again (AIMD)."""

from __future__ import annotations

import logging
import time
from collections import Counter, deque
from collections.abc import Mapping, Sequence

from mailings.clock import milliseconds
from mailings.db import Database
from mailings.message import Outcome, Receipt
from mailings.readable import spoken
from mailings.sending.limits import pacing
from mailings.sending.limits.consumers import keep_known
from mailings.sending.limits.domains import DOMAIN, buckets_of, domains_of
from mailings.sending.limits.lanes import Lanes
from mailings.sending.receipts import Answered

ASKS = ("421", "429")  # too many from us, just now: SMTP's and HTTP's code
PROVIDER = "429"  # said by an API of the whole account: no recipient's domain has anything to do with it
WIDE = 4  # domains that ask in one recorded batch, from which on it is the transport that is too fast
WINDOW = 10.0  # seconds over which the run's own pace is measured

log = logging.getLogger(__name__)


class Pace:
    """How many messages this run had answered lately."""

    def __init__(self) -> None:
        self._counts: deque[tuple[float, int]] = deque()
        self._since = time.monotonic()

    def add(self, messages: int) -> None:
        """So many were answered since the last time."""
        at = time.monotonic()
        self._counts.append((at, messages))
        while self._counts[0][0] < at - WINDOW:
            self._since = self._counts.popleft()[0]

    def a_minute(self) -> float:
        """Messages a minute."""
        return 60 * sum(count for _, count in self._counts) / max(0.5, time.monotonic() - self._since)


class Slowing:
    """What one run does about it. The rates stand in the database: every sender goes by them, and one of them changes them."""

    def __init__(self) -> None:
        self.pace = Pace()
        self._asked: dict[str, int] = {}  # limit -> when this run was last asked for less, in milliseconds

    def note(self, database: Database, lanes: Lanes, transport: str, answers: Sequence[Answered]) -> None:
        """Answers that were recorded: slow down where they ask for it, speed up where they have not done so for a while."""
        if not answers:
            return
        self.pace.add(len(answers))
        told = {one.receipt.delivery: one.receipt for one in answers if _asks(one.receipt)}
        if told:
            self._slow(database, lanes, transport, self._asking(database, transport, answers, told))
        if lanes.slowed:
            self._speed_up(database, lanes, lanes.accepted(answers) | ({f"transport:{transport}"} if len(told) < len(answers) else set()))
        else:
            lanes.accepted(answers)

    def put_off(self, database: Database, transport: str, until: int) -> None:
        """The other side wants nothing of anybody before `until` (ms): all who send by it keep to that; whoever looks sees it."""
        with database.connection() as connection:
            pacing.put_off(connection, f"transport:{transport}", self.pace.a_minute(), milliseconds(), until)

    def _asking(
        self, database: Database, transport: str, answers: Sequence[Answered], told: Mapping[int, Receipt]
    ) -> dict[str, tuple[Receipt, float]]:
        """The limits that should be less: what was said, and the share of what this run sends that goes there."""
        whole = f"transport:{transport}"
        if provider := next((receipt for receipt in told.values() if (receipt.code or "").startswith(PROVIDER)), None):
            return {whole: (provider, 1.0)}
        with database.connection(write=False) as connection:
            found = domains_of(connection, [one.receipt.delivery for one in answers])
            names = buckets_of(connection, set(found.values()))
        shares = Counter(names[domain] for domain in found.values())
        asking = {names[found[number]]: receipt for number, receipt in told.items() if number in found}
        if len(asking) >= WIDE and 2 * len(told) >= len(answers):
            return {whole: (next(iter(told.values())), 1.0)}
        return {name: (receipt, shares[name] / len(answers)) for name, receipt in sorted(asking.items())}

    def _slow(self, database: Database, lanes: Lanes, transport: str, asking: Mapping[str, tuple[Receipt, float]]) -> None:
        now, pace = milliseconds(), self.pace.a_minute()
        for name, (receipt, share) in asking.items():
            self._asked[name] = now
            with database.connection() as connection:  # one limit a transaction: nobody waits for two
                rate = pacing.halve(connection, name, pace * share, now)
                if rate is not None and name.startswith(DOMAIN):
                    keep_known(connection)
            if rate is not None:
                lanes.forget()
                log.info("%s slowed to %s a minute: %s", spoken(name), _said(rate), " ".join(filter(None, (receipt.code, receipt.reason))))

    def _speed_up(self, database: Database, lanes: Lanes, accepted: set[str]) -> None:
        now = milliseconds()
        for one in lanes.slowed:
            quiet_since = max(one.slowed_at or now, self._asked.get(one.name, 0))
            if one.name not in accepted or abs(now - quiet_since) < pacing.EVERY:
                continue
            with database.connection() as connection:
                rate = pacing.step_up(connection, one.name, now)
                if rate == 0:
                    pacing.take_away_unset(connection)
            lanes.forget()
            if rate is not None:
                log.info("%s is slowed no more", spoken(one.name)) if rate == 0 else log.info(
                    "%s raised to %s a minute", spoken(one.name), _said(rate)
                )


def _asks(receipt: Receipt) -> bool:
    return receipt.outcome is Outcome.TRY_LATER and (receipt.code or "")[:3] in ASKS


def _said(rate: float) -> str:
    return f"{rate:.0f}" if rate >= 10 else f"{rate:.2g}"
