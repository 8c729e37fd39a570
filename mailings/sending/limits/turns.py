"""Whose turn it is: a sender's tokens of the limits every message passes, and its waits for them and for the lanes."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator

from mailings.clock import milliseconds
from mailings.db import Database
from mailings.message import FLUSH
from mailings.model import Mailing, MailingStatus
from mailings.sending.claims import something_is_left
from mailings.sending.limits.rates import WORTH
from mailings.sending.limits.throttle import Reservation
from mailings.sending.run import Run

LOOK = 1.0  # seconds between looks at the mailing's status during a wait
SHORT = 0.5  # seconds of a wait after which nobody asks how the mailing stands: the next claim does
MINUTE = 60.0  # seconds of sending after which a portion ends, so that progress is seen
AMPLE = 1.5  # times what was sent lately
LINGER = 5.0  # seconds worth waiting for a lane with the transport's connections open


class Turns:
    """For one portion: what may leave now. Where no limit holds nothing is asked."""

    def __init__(self, database: Database, run: Run, record: Callable[[], None]) -> None:
        self.database, self.run, self._record = database, run, record
        self.until = time.monotonic() + MINUTE
        self.opens: int | None = None  # milliseconds: nothing may leave before, and that is too far to wait for
        self._held: Reservation | None = None

    @property
    def limited(self) -> bool:
        """True while tokens of the common limits are asked for."""
        return self._held is not None

    def most(self, wanted: int) -> int:
        """How many of `wanted` to claim: never more than there are tokens for."""
        return wanted if self._held is None else min(wanted, self._held.usable)

    def take(self) -> bool:
        """A token for one message; False when there is none left, or their time is over."""
        return self._held is None or self._held.use()

    def missed(self, delivery: int) -> bool:
        """True when what was charged for this delivery's lane is void: its turn came too late."""
        until = self.run.lanes.until
        return bool(until) and (at := until.pop(delivery, None)) is not None and at < time.monotonic()

    def something_is_left(self) -> bool:
        """Only asked when tokens are needed: nobody should wait for some that no message will use."""
        run, now = self.run, milliseconds()
        if not run.throttle.limited or (self._held is not None and self._held.usable):
            return True
        if (at := run.lanes.ready()) is not None and at <= now:
            return True
        with self.database.connection(write=False) as connection:
            # from the start only when nothing is left ahead
            return any(something_is_left(connection, run.by, after, now) for after in (run.last, 0))

    def useful(self, left: int) -> int:
        """How many of `left` this run could hand over while tokens hold: others may need the rest."""
        pace = self.run.slowing.pace.a_minute() / 60 * WORTH * AMPLE
        return min(left, max(2 * self.run.batch(), round(pace)))

    def reserve(self, wanted: int) -> Generator[None, None, bool]:
        """See that there are tokens, for up to `wanted` messages; False when the run stops meanwhile, or it is too long to wait."""
        throttle = self.run.throttle
        if not throttle.limited:
            self._held = None
            return True
        while self._held is None or not self._held.usable:
            self.end()
            made = throttle.reserve(self.database, max(1, wanted))
            if made.wait > self.run.patience.total_seconds():
                throttle.give_back(self.database, made)
                self.opens = milliseconds() + round(made.wait * 1000)
                return False
            self._held = made
            # without tokens in hand: ask again soon, the limit may be another then
            wait = made.wait if made.messages else min(max(made.wait, 0.001), LOOK)
            if not (yield from self._waited(wait)) or (not made.messages and time.monotonic() > self.until):
                return False
        return True

    def again(self) -> Generator[None, None, bool]:
        """Tokens for what is in hand, after those before were used up or void."""
        while (yield from self.reserve(len(self.run.hand.waiting))):
            if self.take():
                return True
        return False

    def lane(self) -> Generator[None, None, bool]:
        """Wait for the next lane to open; False when none will soon."""
        at = self.run.lanes.ready()
        if at is None:
            return False
        moments = [at] if self.run.next_due is None else [at, self.run.next_due]
        wait = (min(moments) - milliseconds()) / 1000
        return wait <= LINGER and (yield from self._waited(wait))

    def end(self) -> None:
        """Give back what is left of the tokens."""
        if self._held is not None:
            self.run.throttle.give_back(self.database, self._held)
            self._held = None

    def _waited(self, seconds: float) -> Generator[None, None, bool]:
        """Have what is held answered and recorded, then sleep; False when the run or the mailing is stopped meanwhile."""
        if seconds <= 0:
            return True
        until = time.monotonic() + seconds
        yield FLUSH
        self._record()
        while (left := until - time.monotonic()) > 0:
            if self.run.stop.wait(min(left, LOOK)) or (seconds > SHORT and not self._is_sending()):
                return False
        return True

    def _is_sending(self) -> bool:
        with self.database.reading() as session:
            return session.get_one(Mailing, self.run.by.mailing_id).status is MailingStatus.SENDING
