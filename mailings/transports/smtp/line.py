"""One connection to the server: opens itself, then carries letters; knows how long each answer may take."""

from __future__ import annotations

import time
from collections.abc import Generator

from mailings.errors import TryLater, Unreadable
from mailings.message import Receipt
from mailings.transports.smtp.conversation import Conversation, Step
from mailings.transports.smtp.letters import Letter
from mailings.transports.smtp.opening import START_TLS, Offered
from mailings.transports.smtp.patience import PIECE, SHARES, Phase, lost
from mailings.transports.smtp.replies import Replies, Reply
from mailings.transports.smtp.route import Address, Route
from mailings.transports.smtp.wire import Wire


class Line:
    """A line to the server. Every method returns at once.

    `turn` and `take` raise a TransportError when the line is lost; what it holds is then in `conversation.unanswered()`.
    """

    def __init__(self, route: Route, address: Address) -> None:
        self.address = address
        self.conversation: Conversation | None = None
        self.phase = Phase.CONNECTING
        self.rested = False  #: it has stood idle meanwhile: the server may be about to close it, or have done so
        self._route = route
        self._wire = Wire(address)
        self._replies = Replies()
        self._talk: Generator[bytes | None, Reply, Offered]
        self._behind_tls = b""
        self._since = time.monotonic()

    def fileno(self) -> int:
        """The number a selector knows it by."""
        return self._wire.fileno()

    @property
    def wants_to_write(self) -> bool:
        """Whether it waits for the socket to take more."""
        return self._wire.full or self.phase is Phase.CONNECTING or self._wire.stalled

    @property
    def waits_for(self) -> Phase | Step:
        """What it is waiting for; Phase.OPEN = for nothing."""
        expects = self.conversation.expects if self.conversation is not None else None
        return expects or self.phase

    @property
    def fresh(self) -> bool:
        """Whether it is new: nothing was said over it yet, and it has not stood idle."""
        return not self.rested and (self.conversation is None or self.conversation.taken == 0)

    @property
    def held(self) -> int:
        """How many letters it holds without a receipt."""
        return self.conversation.held if self.conversation is not None else 0

    @property
    def deadline(self) -> float:
        """When our patience ends (time.monotonic); never, while nothing is expected."""
        share = PIECE if self._wire.full else SHARES[self.waits_for]
        return self._since + share * self._route.settings.timeout

    def turn(self) -> None:
        """Go on as far as the socket allows."""
        try:
            if self.phase is Phase.CONNECTING:
                self._connected()
            if self.phase is Phase.SHAKING:
                self._shake()
            if self.phase is not Phase.SHAKING:
                self._hear()
                self._say()
        except (OSError, Unreadable) as error:
            raise lost(self._server, self.waits_for, error) from error

    def check_time(self) -> None:
        """Raises TryLater when the server has taken longer than it may."""
        if time.monotonic() > self.deadline:
            doing = "taking a message" if self._wire.full else self.waits_for.value
            raise TryLater(f"The server {self._server} gave no answer in time ({doing}).")

    def take(self, letter: Letter) -> None:
        """Carry this letter; the line must be open."""
        assert self.conversation is not None
        self.conversation.take(letter)
        try:
            self._say()
        except (OSError, Unreadable) as error:
            raise lost(self._server, self.waits_for, error) from error

    def receipts(self) -> list[Receipt]:
        """What became known since it was last asked."""
        if self.conversation is None or not self.conversation.receipts:
            return []
        known, self.conversation.receipts = self.conversation.receipts, []
        return known

    def quit(self) -> None:
        """Say goodbye, where nothing is under way."""
        if self.waits_for is Phase.OPEN and not self._wire.full:
            self._wire.quit()

    def close(self) -> None:
        """Let go of it."""
        self._wire.close()

    @property
    def _server(self) -> str:
        return self._route.settings.server

    def _connected(self) -> None:
        opening = self._route.opening(self.address, self._wire.connected())
        self._since = time.monotonic()
        self._talk = opening.talk()
        first = next(self._talk)
        self.phase = Phase.TALKING
        if opening.secure:
            self._encrypt(first)

    def _encrypt(self, then: bytes | None) -> None:
        self._wire.encrypt(self._route.context(), self._route.settings.host)
        self._since = time.monotonic()
        self.phase, self._behind_tls = Phase.SHAKING, then or b""
        self._shake()

    def _shake(self) -> None:
        if self._wire.shake():
            self._since = time.monotonic()
            self.phase = Phase.TALKING
            self._wire.write([self._behind_tls] if self._behind_tls else [])

    def _hear(self) -> None:
        received = self._wire.read()
        if not received:
            return
        replies = self._replies.feed(received)
        if replies:
            self._since = time.monotonic()
        for reply in replies:
            if self.conversation is not None:
                self.conversation.receive(reply)
            else:
                self._open_further(reply, last=reply is replies[-1] and self._replies.between)
        if self._replies.garbage is not None:
            raise self._replies.garbage

    def _open_further(self, reply: Reply, *, last: bool) -> None:
        try:
            words = self._talk.send(reply)
        except StopIteration as done:
            self.conversation, self.phase = Conversation(done.value), Phase.OPEN
            return
        if words is not START_TLS:
            self._wire.write([words])
        elif last:
            self._encrypt(next(self._talk))
        else:  # somebody between us and the server put words in before TLS began (CVE-2011-0411)
            raise Unreadable("The server said more than it was asked before TLS began.")

    def _say(self) -> None:
        words: list[bytes] = []
        if self.conversation is not None and self.conversation.outgoing:
            words, self.conversation.outgoing = self.conversation.outgoing, []
        if not words and not self._wire.full:
            return
        try:
            if self._wire.write(words) or words:
                self._since = time.monotonic()
        except OSError:
            self._hear()  # its last words, where it said some before it closed
            raise
