"""Where a transport's offers come from: claims the next batch when asked for more, and records what was answered meanwhile."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator

from sqlalchemy import Connection
from sqlalchemy.orm import Session

from mailings import seams
from mailings.clock import milliseconds
from mailings.db import Database
from mailings.errors import MailingsError, Unreadable
from mailings.message import Offer, Outcome, Receipt
from mailings.seams import Seam
from mailings.sending.claims import Claimed, claim_due, claim_fresh, next_dues
from mailings.sending.heart import clock
from mailings.sending.limits.pacing import take_away_unset
from mailings.sending.limits.turns import Turns
from mailings.sending.reading import rows_of
from mailings.sending.receipts import record
from mailings.sending.rechecking import cancel_forbidden
from mailings.sending.run import Run

QUEUED_AGAIN = (Outcome.TRY_LATER, Outcome.UNTOUCHED)
HELD_BACK = 1.0  # seconds an answer may wait to be recorded with others


class Source:
    """One portion's offers. The only place that claims: each claim is committed, with the answers so far, before it is offered."""

    def __init__(self, database: Database, run: Run, limit: int) -> None:
        self.database, self.run, self.left = database, run, limit
        self.recorded = time.monotonic()
        self.dry = False  # nothing is left to claim now
        self.ended = False  # we ended it: dry, full, out of time, stopped, or in error
        self.error: MailingsError | None = None
        self.turns = Turns(database, run, self.record)
        self._swept = False
        run.lanes.begin()

    def offers(self) -> Iterator[Offer | None]:
        """Offers, and FLUSH where none may leave now. Ends by itself; an error of the database ends it too, and is kept."""
        try:
            while (batch := self._room()) > 0 and (yield from self._next(batch)):
                yield from self._offered()
            self.turns.end()
        except MailingsError as error:
            self.error = error
        self.ended = True

    @property
    def last(self) -> bool:
        """True when nothing of the mailing is left for this run to claim, now or when a lane opens."""
        return self.dry and self.turns.opens is None and self.run.lanes.ready() is None

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
            self._recorded(count)

    def tidy(self) -> None:
        """Take away limits of lanes that were made while sending, where they are needed no more."""
        if self.run.lanes.domains:
            with self.database.connection() as connection:
                take_away_unset(connection)

    def _room(self) -> int:
        if self.run.stop.is_set() or self.run.hand.outage or time.monotonic() > self.turns.until:
            return 0
        return min(self.run.batch(), self.left)

    def _next(self, batch: int) -> Generator[None, None, bool]:
        """Claim the next batch, when its turn has come; False when there is none to wait for here."""
        if self.turns.something_is_left():
            if not (yield from self.turns.reserve(self.turns.useful(self.left))):
                self.dry = self.turns.opens is not None
                return False
            if self._claim(self.turns.most(batch)):
                return True
        if (yield from self.turns.lane()):
            return True
        self.dry = not self.run.stop.is_set()
        return False

    def _claim(self, wanted: int) -> int:
        """Claim up to `wanted`, with the answers so far; how many were claimed, those diverted to their lane among them."""
        run = self.run
        seams.before(Seam.CLAIM)
        with self.database.connection() as connection:
            began = clock()
            count = self._record_in(connection)
            run.throttle.refresh(connection)
            run.lanes.look(connection, run.by.mailing_id)
            claimed = self._chosen(connection, wanted)
            rows = rows_of(connection, run.content(), run.by.mailing_id, sorted(claimed))
            ours = run.lanes.divert(connection, run.by, claimed, rows)
            if run.throttle.caps is not None:
                admitted = run.throttle.caps.admit(connection, run.by, ours, rows)
                if len(admitted) < len(ours):
                    self._note_dues(connection)
                ours = admitted
        seams.after(Seam.CLAIM)
        if claimed and run.heart is not None:
            run.heart.held(began)
        run.hand.hold(ours, rows)  # before anything else may fail: what is claimed is in our hands
        self.left -= len(ours)
        self._recorded(count)
        return len(claimed)

    def _chosen(self, connection: Connection, wanted: int) -> list[Claimed]:
        """Of the lanes that have room, then of the main lane: what is due, then what was never tried."""
        run, now = self.run, milliseconds()
        if min((at for at in (run.next_due, run.lanes.next_due(now)) if at is not None), default=now + 1) <= now:
            cancel_forbidden(Session(connection), run.by.mailing_id, now, run.settings)
        chosen = run.lanes.claim(connection, run.by, wanted, now) if run.lanes.lanes else []
        if run.next_due is not None and run.next_due <= now and len(chosen) < wanted:
            chosen += claim_due(connection, run.by, wanted - len(chosen), now)
            self._note_dues(connection)
        return chosen + self._fresh(connection, wanted - len(chosen), now) if len(chosen) < wanted else chosen

    def _fresh(self, connection: Connection, wanted: int, now: int) -> list[Claimed]:
        run = self.run
        fresh = claim_fresh(connection, run.by, run.last, wanted, now)
        if not fresh and run.last and not self._swept:
            # once from the start: rows another transaction held locked when the keyset passed them
            self._swept = True
            fresh = claim_fresh(connection, run.by, 0, wanted, now)
        if fresh:
            run.last = fresh[-1].id
        return fresh

    def _offered(self) -> Iterator[Offer | None]:
        hand, compose, turns = self.run.hand, self.run.content().offer, self.turns
        while hand.waiting and not (self.run.stop.is_set() or hand.outage):
            if self.run.heart is not None and not self.run.heart.stands():
                hand.put_back()  # others may have sent it since, or somebody said no: it is claimed anew, if it is still ours
                return
            if turns.limited and not turns.take() and not (yield from turns.again()):
                return
            claimed, row = hand.waiting.popleft()
            hand.offered[claimed.id] = claimed
            if turns.missed(claimed.id):
                hand.answered(Receipt(claimed.id, Outcome.UNTOUCHED))
                continue
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
                self._note_dues(connection)
        self.recorded = time.monotonic()
        return count

    def _note_dues(self, connection: Connection) -> None:
        dues = next_dues(connection, self.run.by.mailing_id)
        self.run.next_due = dues.get(0)
        self.run.lanes.note(dues)

    def _recorded(self, count: int) -> None:
        run = self.run
        answers, run.hand.answers[:count] = run.hand.answers[:count], []
        run.slowing.note(self.database, run.lanes, run.carrier, answers)
        if run.telling is not None and run.lent is None:  # a loop that lends its transport says itself what it did
            run.telling.note(answers)
