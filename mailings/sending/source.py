"""Where a transport's offers come from: claims the next batch when asked for more, and records what was answered meanwhile."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.orm import Session

from mailings import seams
from mailings.clock import milliseconds
from mailings.db import Database
from mailings.errors import MailingsError, Unreadable
from mailings.message import FLUSH, Offer, Outcome, Receipt
from mailings.seams import Seam
from mailings.sending.claims import Claimed, claim_due, claim_fresh, next_due, something_is_left, stretches
from mailings.sending.receipts import record
from mailings.sending.rechecking import cancel_forbidden
from mailings.sending.run import Run

MINUTE = 60.0  # seconds of sending after which a portion ends, so that progress is seen
QUEUED_AGAIN = (Outcome.TRY_LATER, Outcome.UNTOUCHED)
HELD_BACK = 1.0  # seconds an answer may wait to be recorded with others


class Source:
    """One portion's offers. The only place that claims: each claim is committed, with the answers so far, before it is offered."""

    def __init__(self, database: Database, run: Run, limit: int) -> None:
        self.database, self.run, self.left = database, run, limit
        self.until = time.monotonic() + MINUTE
        self.recorded = time.monotonic()
        self.dry = False  # nothing is left to claim now
        self.ended = False  # we ended it: dry, full, out of time, stopped, or in error
        self.error: MailingsError | None = None
        self._swept = False

    def offers(self) -> Iterator[Offer | None]:
        """Offers, and FLUSH where none may leave now. Ends by itself; an error of the database ends it too, and is kept."""
        try:
            while (batch := self._room()) > 0 and self._something_is_left():
                if (wait := self.run.throttle.reserve(self.database, batch)) > 0:
                    yield FLUSH
                    self.record()
                    if not self._waited(wait):
                        break
                claimed = self._claim(batch)
                self.run.throttle.give_back(self.database, batch - claimed)
                if not claimed:
                    break
                yield from self._offered()
        except MailingsError as error:
            self.error = error
        self.ended = True

    def answered(self, receipt: Receipt) -> None:
        """A receipt of the transport; recorded with the next claim, or soon."""
        self.run.hand.answered(receipt)
        if self.error is None and time.monotonic() - self.recorded > HELD_BACK:
            try:
                self.record()
            except MailingsError as error:  # what is in flight is still answered for; nothing more is offered
                self.error, self.left = error, 0

    def record(self) -> None:
        """Write the answers so far to the database."""
        if self.run.hand.answers:
            with self.database.connection() as connection:
                count = self._record_in(connection)
            del self.run.hand.answers[:count]

    def _room(self) -> int:
        if self.run.stop.is_set() or self.run.hand.outage or time.monotonic() > self.until:
            return 0
        return self.run.throttle.batch(min(self.run.batch_size, self.left))

    def _something_is_left(self) -> bool:
        """Only asked under a limit: nobody should wait for tokens that no message will use."""
        if not self.run.throttle.limits:
            return True
        with self.database.connection(write=False) as connection:
            places = (self.run.last, 0)  # from the start only when nothing is left ahead
            self.dry = not any(something_is_left(connection, self.run.by.mailing_id, after, milliseconds()) for after in places)
        return not self.dry

    def _waited(self, seconds: float) -> bool:
        """Sleep until tokens are there; False when the run is stopped meanwhile."""
        return not self.run.stop.wait(seconds)

    def _claim(self, wanted: int) -> int:
        hand = self.run.hand
        seams.before(Seam.CLAIM)
        with self.database.connection() as connection:
            count = self._record_in(connection)
            claimed = self._chosen(connection, wanted)
            rows = self._rows(connection, claimed)
        seams.after(Seam.CLAIM)
        del hand.answers[:count]
        hand.hold(claimed, rows)
        self.left -= len(claimed)
        self.dry = not claimed
        return len(claimed)

    def _chosen(self, connection: Connection, wanted: int) -> list[Claimed]:
        run, now = self.run, milliseconds()
        if run.next_due is not None and run.next_due <= now:
            cancel_forbidden(Session(connection), run.by.mailing_id, now, run.settings)
            due = claim_due(connection, run.by, wanted, now)
            run.next_due = next_due(connection, run.by.mailing_id)
            if due:
                return due
        fresh = claim_fresh(connection, run.by, run.last, wanted, now)
        if not fresh and run.last and not self._swept:
            # once from the start: rows another transaction held locked when the keyset passed them
            self._swept = True
            fresh = claim_fresh(connection, run.by, 0, wanted, now)
        if fresh:
            run.last = fresh[-1].id
        return fresh

    def _rows(self, connection: Connection, claimed: list[Claimed]) -> dict[int, Any]:
        compiled, mine = self.run.content(), {one.id for one in claimed}
        rows: dict[int, Any] = {}
        for low, high in stretches(claimed):
            marks = {"mailing_id": self.run.by.mailing_id, "low": low, "high": high}
            rows.update((row[0], row) for row in connection.execute(compiled.select, marks).fetchall() if row[0] in mine)
        return rows

    def _offered(self) -> Iterator[Offer]:
        hand, compose = self.run.hand, self.run.content().offer
        while hand.waiting and not self.run.stop.is_set():
            claimed, row = hand.waiting.popleft()
            hand.offered[claimed.id] = claimed
            try:
                offer = compose(row)
            except Unreadable as error:
                hand.answered(Receipt(claimed.id, Outcome.REFUSED, reason=str(error)))
            else:
                yield offer

    def _record_in(self, connection: Connection) -> int:
        answers, run, now = self.run.hand.answers, self.run, milliseconds()
        count = len(answers)
        if count:
            record(connection, run.by.lease_id, answers[:count], run.policy, now)
            if any(one.receipt.outcome in QUEUED_AGAIN for one in answers[:count]):
                run.next_due = next_due(connection, run.by.mailing_id)
        self.recorded = time.monotonic()
        return count
