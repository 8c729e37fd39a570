"""Letters in HTML that are there already, and a printer for them."""

from __future__ import annotations

from dataclasses import dataclass, field

from mailings.letter import File, Page, Stack
from mailings.message import Message, Offer

PIXEL = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89"
    b"\x00\x00\x00\rIDATx\x9cc\xf8\xcf\xc0\xf0\x1f\x00\x05\x00\x01\xff\x89\x99=\x1d\x00\x00\x00\x00IEND\xaeB`\x82"
)
STACK = Stack("årsbrev", "0123456789ab", [File("logo", "image/png", PIXEL, inline=True)], "no")


@dataclass(frozen=True)
class Written(Message):
    """A letter that is there already."""

    html: str
    title: str = "Åse Ødegård"
    key: tuple[str, ...] = ()
    stack: Stack = STACK
    channel: str = field(default="document", init=False)  # type: ignore[misc]  # a channel's own messages have it in their class

    def page(self) -> Page:
        """It."""
        return Page("html", self.html.encode(), self.title, (self.title, "Bjørkeveien 1", "6002 Ålesund"), self.key, self.stack)


def offers(*letters: Written) -> list[Offer]:
    """One offer a letter, numbered from 1."""
    return [Offer(number, "Bjørkeveien 1, 6002 Ålesund", "", letter) for number, letter in enumerate(letters, 1)]
