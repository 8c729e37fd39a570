"""One connection to the server: opens itself, then carries letters; knows how long each answer may take."""

from __future__ import annotations

import ssl
import time
from collections.abc import Generator
from enum import Enum

from mailings.errors import Misconfigured, TransportError, TryLater, Unreadable
from mailings.message import Receipt
from mailings.transports.smtp.conversation import Conversation, Step
from mailings.transports.smtp.letters import Letter
from mailings.transports.smtp.opening import START_TLS, Offered
from mailings.transports.smtp.replies import Replies, Reply
from mailings.transports.smtp.route import Address, Route
from mailings.transports.smtp.wire import Wire


class Phase(Enum):
    """How far a line is."""

    CONNECTING = "connecting"
    SHAKING = "agreeing on TLS"
    TALKING = "greeting"
    OPEN = "idle"


#: Shares of the time-out. With 300 s they are RFC 5321, 4.5.3.2: 5 minutes a command, 2 for DATA, 10 for the end of the message.
PATIENCE: dict[Phase | Step, float] = {
    Phase.CONNECTING: 0.1,
    Phase.SHAKING: 0.1,
    Phase.TALKING: 1,
    Step.MAIL: 1,
    Step.RCPT: 1,
    Step.DATA: 0.4,
    Step.END: 2,
    Step.RSET: 1,
}
_PIECE = 0.6  # and 3 minutes for a piece of the body to be taken


class Line:
    """A line to the server. Every method returns at once.

    `turn` and `take` raise a TransportError when the line is lost; what it holds is then in `conversation.unanswered()`.
    """

    def __init__(self, route: Route, address: Address) -> None:
        self.address = address
        self.conversation: Conversation | None = None
        self.phase = Phase.CONNECTING
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
    def deadline(self) -> float:
        """When our patience ends (time.monotonic); never, while nothing is expected."""
        if self._wire.full:
            share = _PIECE
        elif self.waits_for is Phase.OPEN:
            return float("inf")
        else:
            share = PATIENCE[self.waits_for]
        return self._since + share * self._route.settings.timeout

    def turn(self) -> None:
        """Go on as far as the socket allows."""
        try:
            if self.phase is Phase.CONNECTING:
                self._connected()
            if self.phase is Phase.SHAKING:
                self._shake()
            if self.phase in {Phase.TALKING, Phase.OPEN}:
                self._hear()
                self._say()
        except (OSError, Unreadable) as error:
            raise self._lost(error) from error

    def check_time(self) -> None:
        """Raises TryLater when the server has taken longer than it may."""
        if time.monotonic() > self.deadline:
            doing = "taking a message" if self._wire.full else self.waits_for.value
            raise TryLater(f"The server {self._route.settings.server} gave no answer in time ({doing}).")

    def take(self, letter: Letter) -> None:
        """Carry this letter; the line must be open."""
        assert self.conversation is not None
        self.conversation.take(letter)
        try:
            self._say()
        except OSError as error:
            raise self._lost(error) from error

    def receipts(self) -> list[Receipt]:
        """What became known since it was last asked."""
        if self.conversation is None or not self.conversation.receipts:
            return []
        known, self.conversation.receipts = self.conversation.receipts, []
        return known

    def close(self) -> None:
        """Let go, with QUIT where nothing is under way."""
        if self.conversation is not None and self.conversation.expects is None and not self._wire.full:
            self._wire.quit()
        else:
            self._wire.close()

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
        if words or self._wire.full:
            waited = self.waits_for is Phase.OPEN
            if self._wire.write(words) or waited:
                self._since = time.monotonic()

    def _lost(self, error: OSError | Unreadable) -> TransportError:
        server = self._route.settings.server
        why = (error.strerror or type(error).__name__) if isinstance(error, OSError) else str(error).rstrip(".")
        if self.phase is Phase.CONNECTING:
            return TryLater(f"No mail server answers at {server} ({why}); start it, or check MAILINGS_SMTP_HOST and MAILINGS_SMTP_PORT.")
        if self.phase is Phase.SHAKING and isinstance(error, ssl.SSLCertVerificationError):
            return Misconfigured(
                f"The certificate of {server} does not hold ({error.verify_message}); "
                "write MAILINGS_SMTP_HOST as the certificate does, or name its authority in MAILINGS_SMTP_CA_FILE."
            )
        if self.phase is Phase.SHAKING and isinstance(error, ssl.SSLError) and not isinstance(error, ssl.SSLEOFError):
            return Misconfigured(
                f"No TLS could be agreed on with {server} ({error.reason}); check MAILINGS_SMTP_PORT and MAILINGS_SMTP_TLS."
            )
        return TryLater(f"The connection to {server} was lost ({self.waits_for.value}): {why}.")
