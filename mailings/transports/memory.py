"""Keeps every message in this process: the shipped double, which can be told to refuse, to stall and to break down."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import ClassVar, Self

from mailings import seams
from mailings.errors import TransportError, Unreadable
from mailings.message import Offer, Outcome, Receipt, Transport
from mailings.seams import Seam
from mailings.transports._bisecting import Bisecting, Refusal
from mailings.transports._source import Source


@dataclass(frozen=True, slots=True)
class Kept:
    """One message as it was handed over. A delivery handed over twice is kept twice."""

    delivery: int
    address: str
    sender: str
    content: bytes


class Memory(Transport):
    """Keeps messages in `kept`, in the order of hand-over. Grows with them: for tests and rehearsals."""

    name: ClassVar[str] = "memory"
    channels: ClassVar[frozenset[str]] = frozenset({"email", "sms", "document"})
    leaves_machine: ClassVar[bool] = False

    def __init__(self) -> None:
        self.kept: list[Kept] = []
        self._answers: dict[str, tuple[Outcome, str | None, str | None, float | None]] = {}
        self._down: TransportError | None = None
        self._breaks_after: int | None = None
        self._poison: dict[str, Refusal] = {}
        self._at_once = 1
        self._left: int | None = None
        self.requests = 0  # made so far: as many as messages, unless they go together

    @classmethod
    @lru_cache(maxsize=1)
    def configured(cls) -> Self:
        """The one of this process, so that what a run handed over can be looked at afterwards."""
        return cls()

    def refuse(self, address: str, code: str = "550 5.1.1", reason: str = "User unknown") -> None:
        """From now on `address` is refused for good."""
        self._answers[address] = (Outcome.REFUSED, code, reason, None)

    def stall(self, address: str, after: float | None = None, code: str = "451 4.7.1", reason: str = "Try again later") -> None:
        """From now on `address` is to be tried later, in `after` seconds."""
        self._answers[address] = (Outcome.TRY_LATER, code, reason, after)

    def lose(self, address: str) -> None:
        """From now on messages for `address` are taken, and no answer comes."""
        self._answers[address] = (Outcome.UNKNOWN, None, "The connection was lost before the answer came.", None)

    def accept(self, address: str) -> None:
        """From now on `address` is accepted again."""
        self._answers.pop(address, None)

    def go_down(self, error: TransportError | None) -> None:
        """From now on `send` raises `error` before it takes an offer; None: it works again."""
        self._down = error

    def break_after(self, messages: int | None) -> None:
        """From now on each `send` breaks down after that many messages; None: never."""
        self._breaks_after = messages

    def together(self, messages: int) -> None:
        """From now on so many messages go in one request, which is taken or refused as a whole."""
        self._at_once = messages

    def poison(self, address: str, code: str = "400", reason: str = "Bad Request") -> None:
        """From now on a request that `address` is in is refused, and nobody in it gets anything."""
        self._poison[address] = Refusal(code, reason)

    def send(self, offers: Iterator[Offer | None]) -> Iterator[Receipt]:
        """Keep each message, or answer as told. Raises what `go_down` was given."""
        if self._down is not None:
            raise self._down
        source, bisecting, self._left = Source(offers), Bisecting(self._request), self._breaks_after
        while not source.ended:
            while batch := list(islice(iter(source.ask, None), self._at_once)):
                for receipt in bisecting.carry(batch):
                    seams.before(Seam.ANSWER)
                    yield receipt
                    seams.after(Seam.ANSWER)
                if bisecting.trouble:
                    source.stop()
            source.resume()
        source.close()

    def _request(self, offers: Sequence[Offer]) -> list[Receipt] | Refusal:
        self.requests += 1
        if self._left is not None and self._left < len(offers):
            return [Receipt(offer.delivery, Outcome.UNTOUCHED, reason="The transport broke down.") for offer in offers]
        refusal = next((self._poison[offer.address] for offer in offers if offer.address in self._poison), None)
        if refusal is not None:
            return refusal
        self._left = None if self._left is None else self._left - len(offers)
        return [self._take(offer) for offer in offers]

    def _take(self, offer: Offer) -> Receipt:
        outcome, code, reason, after = self._answers.get(offer.address, (Outcome.ACCEPTED, None, None, None))
        if outcome in {Outcome.ACCEPTED, Outcome.UNKNOWN}:
            try:
                content = _content(offer)
            except Unreadable as error:
                return Receipt(offer.delivery, Outcome.REFUSED, reason=str(error))
            seams.before(Seam.HAND_OVER)
            self.kept.append(Kept(offer.delivery, offer.address, offer.sender, content))
            seams.after(Seam.HAND_OVER)
        return Receipt(offer.delivery, outcome, code, reason, after)


def _content(offer: Offer) -> bytes:
    """The message as bytes: an e-mail, the words of a text message, a letter."""
    message = offer.message
    if message.channel == "sms":
        return message.short().text.encode()
    return message.page().content if message.channel == "document" else message.mime()
