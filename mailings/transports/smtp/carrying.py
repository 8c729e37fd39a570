"""One hand-over through a pool of lines: who gets which letter, and what becomes of a letter whose line is lost.

A line lost under a letter whose body was begun: `unknown`. Under an envelope: nothing can have been taken, so the letter goes over a
fresh line once more; lost there too, the letter may be what brings lines down: it is put aside, and is `try_later` once another letter
shows that the server works. Lines that die without ever having carried a letter, several in a row, are the server's trouble: we stop.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from mailings.errors import TransportError
from mailings.message import Offer, Outcome, Receipt
from mailings.transports._source import Source
from mailings.transports.smtp.conversation import ROOM, Conversation
from mailings.transports.smtp.letters import Letter, put_together
from mailings.transports.smtp.line import Line, Phase
from mailings.transports.smtp.pool import Pool

#: Lines in a row that died before they carried anything: enough to call it an outage.
FRUITLESS = 5


#: Bytes of messages held at a time, however many lines there are; with large attachments fewer letters are under way.
MOST_BYTES = 32_000_000


class Carrying:
    """One `send`. `receipts()` runs it."""

    def __init__(self, pool: Pool, source: Source) -> None:
        self._pool, self._source = pool, source
        self._again: deque[Offer] = deque()  # never said to the server, or only behind another letter: any line will do
        self._afresh: deque[Offer] = deque()  # a line was lost under its envelope: a fresh line, once
        self._lost_once: set[int] = set()
        self._suspects: list[Receipt] = []
        self._answers: list[Receipt] = []
        self._most = pool.settings.connections
        self._fruitless = 0
        self._largest = 0
        self._trouble: str | None = None

    def receipts(self) -> Iterator[Receipt]:
        """Carry all there is. What is still under way when nobody listens any more goes down with its line."""
        try:
            while True:
                self._feed()
                quiet = self._quiet
                if quiet:
                    self._clear_suspects()
                answers, self._answers = self._answers, []
                yield from answers
                if not quiet:
                    self._listen()
                elif self._source.ended:
                    return
                else:
                    self._source.resume()
        finally:
            for line in [line for line in self._pool.lines if line.waits_for is not Phase.OPEN]:
                self._pool.drop(line)

    @property
    def _quiet(self) -> bool:
        held = any(line.conversation is not None and line.conversation.held for line in self._pool.lines)
        return not held and not self._again and not self._afresh

    def _feed(self) -> None:
        fed = True
        while fed and len(self._answers) < self._pool.settings.connections:
            fed = False
            for line in list(self._pool.lines):
                if line.conversation is not None and line.conversation.room and self._give(line, line.conversation):
                    fed = True
        self._widen()

    def _give(self, line: Line, talk: Conversation) -> bool:
        offer = self._next_for(talk)
        if offer is None:
            return False
        letter = put_together(offer, talk.offered)
        if isinstance(letter, Receipt):
            self._answers.append(letter)
            return True
        self._largest = max(self._largest, len(letter.body))
        try:
            line.take(letter)
        except TransportError as trouble:
            self._lose(line, trouble)
        else:
            self._pool.watch(line)
        return True

    def _next_for(self, talk: Conversation) -> Offer | None:
        if self._largest * len(self._pool.lines) * ROOM > MOST_BYTES and self._held_bytes() + self._largest > MOST_BYTES:
            return None
        if self._afresh and (talk.taken == 0 or len(self._pool.lines) >= self._most):
            return self._afresh.popleft()
        if self._again:
            return self._again.popleft()
        return self._source.ask()

    def _held_bytes(self) -> int:
        # one letter may always be under way, however large it is
        return sum(line.conversation.held_bytes for line in self._pool.lines if line.conversation is not None) or -self._largest

    def _widen(self) -> None:
        lines = self._pool.lines
        more = self._again or self._afresh or not (self._source.ended or self._source.flushing)
        opening = sum(line.conversation is None for line in lines)
        if not more or len(lines) >= self._most or opening >= max(1, len(lines) - opening):
            return
        try:
            self._pool.open()
        except TransportError as trouble:
            self._cannot_open(trouble)

    def _listen(self) -> None:
        for line in self._pool.wait():
            try:
                line.turn()
            except TransportError as trouble:
                self._lose(line, trouble)
            else:
                self._pool.watch(line)
                self._collect(line)
        for line in self._pool.late():
            try:
                line.check_time()
            except TransportError as trouble:
                self._lose(line, trouble)

    def _collect(self, line: Line) -> None:
        known = line.receipts()
        if not known:
            return
        self._answers += known
        self._fruitless = 0
        self._clear_suspects()
        for receipt in known:
            if receipt.outcome is Outcome.UNTOUCHED:  # we are not let in
                self._stop(receipt.reason or "")

    def _lose(self, line: Line, trouble: TransportError) -> None:
        self._collect(line)
        self._pool.drop(line)
        talk = line.conversation
        if talk is None:
            self._cannot_open(trouble)
            return
        letters = talk.unanswered()
        self._fruitless += bool(letters) and not talk.answered
        for letter in letters:
            self._take_back(letter, str(trouble), culprit=letter is letters[0])
        if self._fruitless >= FRUITLESS:
            self._stop(str(trouble))

    def _cannot_open(self, trouble: TransportError) -> None:
        if self._pool.lines:
            self._most = len(self._pool.lines)  # it lets us have no more than these
        else:
            self._stop(str(trouble))

    def _take_back(self, letter: Letter, why: str, *, culprit: bool) -> None:
        offer = letter.offer
        if letter.begun:
            self._answers.append(Receipt(offer.delivery, Outcome.UNKNOWN, reason=why))
        elif self._trouble is not None:
            self._answers.append(Receipt(offer.delivery, Outcome.UNTOUCHED, reason=self._trouble))
        elif not culprit:
            self._again.append(offer)
        elif offer.delivery in self._lost_once:
            self._suspects.append(Receipt(offer.delivery, Outcome.TRY_LATER, reason=why))
        else:
            self._lost_once.add(offer.delivery)
            self._afresh.append(offer)

    def _clear_suspects(self) -> None:
        self._answers += self._suspects
        self._suspects.clear()

    def _stop(self, why: str) -> None:
        self._source.stop()
        self._trouble = why
        untouched = [offer.delivery for offer in (*self._again, *self._afresh)] + [receipt.delivery for receipt in self._suspects]
        self._answers += [Receipt(delivery, Outcome.UNTOUCHED, reason=why) for delivery in untouched]
        self._again.clear()
        self._afresh.clear()
        self._suspects.clear()
