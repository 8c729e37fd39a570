"""Offers for tests of transports: messages with Nordic and Dutch letters, and ones that cannot be put together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from mailings.errors import Unreadable
from mailings.letter import Filled, FormLetter, Mailbox, Page, Stack
from mailings.message import FLUSH, Message, Offer, Receipt, Short, Transport

SENDER = "nyheter@avsender.test"
MARK = "0123456789ab"
STACK = Stack("høst-nytt", MARK)


@lru_cache(maxsize=8)
def _letter(text: str) -> FormLetter:
    return FormLetter([0], [text], [f"<p>{text}</p><a href='", -1, "7'>Les mer</a>"], category="høst-nytt")


@dataclass(frozen=True)
class Written(Message):
    """A message that is there already; `eight_bit` when it has another form with letters as they are."""

    text: str = "Blåbærsyltetøy, IJsselmeer, Größe, één"
    subject: str = "Autumn"
    channel: str = "email"  # type: ignore[misc]  # a channel's own messages have it in their class

    def filled(self) -> Filled:
        """The message as a form letter: the subject and the base of a link are the recipient's own."""
        slots = [self.subject, "https://post.test/c/a1Tq/"]
        return Filled(
            _letter(self.text), slots, Mailbox("", ""), Mailbox("Åse", SENDER), None, {"List-Unsubscribe": "<https://x.test/>"}, MARK
        )

    def mime(self, *, eight_bit: bool = False) -> bytes:
        """The message in either form."""
        head = f"From: {SENDER}\r\nSubject: {self.subject}\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
        if eight_bit:
            return f"{head}Content-Transfer-Encoding: 8bit\r\n\r\n{self.text}\r\n".encode()
        quoted = "".join(f"={byte:02X}" if byte > 126 or byte in b"=." else chr(byte) for byte in self.text.encode())
        return f"{head}Content-Transfer-Encoding: quoted-printable\r\n\r\n{quoted}\r\n".encode("ascii")

    def short(self) -> Short:
        """The message as a text message."""
        return Short("+15551234567", self.text, 1, MARK)

    def page(self) -> Page:
        """The message as a letter."""
        return Page("html", f"<p>{self.text}</p>".encode(), "Åse", ("Åse", "Storgata 1", "0184 Oslo"), stack=STACK)


@dataclass(frozen=True)
class Broken(Message):
    """A message that cannot be put together."""

    channel: str = "email"  # type: ignore[misc]  # a channel's own messages have it in their class

    def filled(self) -> Filled:
        """Never comes to be."""
        raise Unreadable("The picture logo.png is missing.")

    def mime(self, *, eight_bit: bool = False) -> bytes:
        """Never comes to be."""
        raise Unreadable("The picture logo.png is missing.")

    def short(self) -> Short:
        """Never comes to be."""
        raise Unreadable("The picture logo.png is missing.")

    def page(self) -> Page:
        """Never comes to be."""
        raise Unreadable("The picture logo.png is missing.")


def offer(delivery: int, address: str | None = None, message: Message | None = None) -> Offer:
    """One offer; the address is made from the delivery's number when none is given."""
    return Offer(delivery, address or f"anna{delivery}@firma.test", SENDER, message or Written())


def offers(count: int) -> Iterator[Offer]:
    """So many offers, numbered from 1."""
    return (offer(number) for number in range(1, count + 1))


def answers(transport: Transport, given: Iterable[Offer | None]) -> dict[int, Receipt]:
    """Send all of `given`; the receipts by delivery. Exactly one a delivery, or it fails here."""
    told: dict[int, Receipt] = {}
    for receipt in transport.send(iter(given)):
        assert receipt.delivery not in told, f"two receipts for delivery {receipt.delivery}"
        told[receipt.delivery] = receipt
    return told


class Counted:
    """Offers that know how many were asked for, and how many were without an answer at most."""

    def __init__(self, given: Iterable[Offer | None]) -> None:
        self._given = iter(given)
        self.asked = 0
        self.answered = 0
        self.most_held = 0
        self.held_at_flush: list[int] = []

    def __iter__(self) -> Iterator[Offer | None]:
        for item in self._given:
            if item is FLUSH:
                yield item
                self.held_at_flush.append(self.asked - self.answered)  # we are asked again: how many answers are missing?
                continue
            self.asked += 1
            self.most_held = max(self.most_held, self.asked - self.answered)
            yield item
