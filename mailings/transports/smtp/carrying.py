"""One hand-over through a pool of lines: who gets which letter, when a further line is opened, and when the server is given up."""

from __future__ import annotations

from collections.abc import Iterator

from mailings.errors import TransportError
from mailings.message import Offer, Outcome, Receipt
from mailings.transports._source import Source
from mailings.transports.smtp.conversation import ROOM, Conversation
from mailings.transports.smtp.dkim import Signer
from mailings.transports.smtp.letters import put_together
from mailings.transports.smtp.line import Line
from mailings.transports.smtp.patience import Phase
from mailings.transports.smtp.pool import Pool
from mailings.transports.smtp.returns import Returns

#: New lines lost in a row under their first letters: enough to call it an outage.
FRUITLESS = 5

#: Bytes of messages held at a time, however many lines there are; with large attachments fewer letters are under way.
MOST_BYTES = 32_000_000

#: Receipts that may gather before they are handed on, while letters are still being given out.
MOST_ANSWERS = 100


class Carrying:
    """One `send`. `receipts()` runs it."""

    def __init__(self, pool: Pool, source: Source, signer: Signer | None = None) -> None:
        self._pool, self._source, self._signer = pool, source, signer
        self._returns = Returns()
        self._answers: list[Receipt] = []
        self._most = pool.settings.connections
        self._fruitless = 0
        self._largest = 0
        self._trouble: str | None = None

    def receipts(self) -> Iterator[Receipt]:
        """Carry all there is. What is still under way when nobody listens any more goes down with its line."""
        try:
            self._rest()
            while True:
                self._feed()
                quiet = not self._returns and not any(line.held for line in self._pool.lines)
                if quiet:
                    self._answers += self._returns.clear_suspects()
                crowded = len(self._answers) >= MOST_ANSWERS
                answers, self._answers = self._answers, []
                yield from answers
                if quiet and self._source.ended:
                    return
                if quiet and self._source.flushing:
                    self._rest()
                    self._source.resume()
                elif not crowded:
                    self._listen()
        finally:
            for line in [line for line in self._pool.lines if line.waits_for is not Phase.OPEN]:
                self._pool.drop(line)

    def _rest(self) -> None:
        for line in self._pool.lines:
            line.rested = True

    def _feed(self) -> None:
        fed = True
        while fed and len(self._answers) < MOST_ANSWERS:
            fed = False
            for line in list(self._pool.lines):
                if line.conversation is not None and line.conversation.room:
                    fed |= self._give(line, line.conversation)
        self._widen()

    def _give(self, line: Line, talk: Conversation) -> bool:
        offer = self._next_for(line)
        if offer is None:
            return False
        letter = put_together(offer, talk.offered, self._signer)
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

    def _next_for(self, line: Line) -> Offer | None:
        lines = self._pool.lines
        if self._largest * len(lines) * ROOM > MOST_BYTES:
            held = sum(line.conversation.held_bytes for line in lines if line.conversation is not None)
            if held and held + self._largest > MOST_BYTES:  # one letter may always be under way, however large it is
                return None
        returned = self._returns.take(fresh=line.fresh or not self._fresh_to_come) if self._returns else None
        return returned or self._source.ask()

    @property
    def _fresh_to_come(self) -> bool:
        lines = self._pool.lines
        return len(lines) < self._most or any(line.fresh for line in lines)

    def _widen(self) -> None:
        lines = self._pool.lines
        opening = sum(line.conversation is None for line in lines)
        more = self._returns or not (self._source.ended or self._source.flushing)
        if more and len(lines) < self._most and opening < max(1, len(lines) - opening):
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
        self._answers += self._returns.clear_suspects()
        for receipt in known:
            if receipt.outcome is Outcome.UNTOUCHED:  # the server does not let us in
                self._stop(f"{receipt.code} {receipt.reason}")

    def _lose(self, line: Line, trouble: TransportError) -> None:
        self._collect(line)
        self._pool.drop(line)
        talk = line.conversation
        if talk is None:
            if not line.rested:  # closed while we paused says nothing of whether the server takes us now
                self._cannot_open(trouble)
            return
        letters, worn = talk.unanswered(), line.rested or talk.answered > 0
        self._answers += self._returns.take_back(letters, str(trouble), worn=worn)
        self._fruitless += bool(letters) and not worn
        if self._trouble is not None or self._fruitless >= FRUITLESS:
            self._stop(self._trouble or str(trouble))

    def _cannot_open(self, trouble: TransportError) -> None:
        if self._pool.lines:
            self._most = len(self._pool.lines)  # it lets us have no more than these
        else:
            self._stop(str(trouble))

    def _stop(self, why: str) -> None:
        self._source.stop()
        self._trouble = why
        self._answers += self._returns.give_up(why)
