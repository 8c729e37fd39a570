"""Messages as form letters, for tests of transports that put them together elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from mailings.letter import File, Filled, FormLetter, Mailbox
from mailings.message import Message, Offer

NEWS = Mailbox("Fjord & Søn", "nytt@avsender.test")
LETTER = FormLetter(
    subject=[0],
    text=["Kjære ", 1, "!\n", -1, "7\n"],
    html=["<p>Kjære ", 2, "!</p><a href='", -1, "7'>Les</a>"],
    headers={"Feedback-ID": "7:høst:mailings"},
    category="høst-nytt",
)


@dataclass(frozen=True)
class Given(Message):
    """A message that is filled already."""

    message: Filled

    def filled(self) -> Filled:
        """As it was given."""
        return self.message

    def mime(self, *, eight_bit: bool = False) -> bytes:
        """Nobody asks for it here."""
        raise NotImplementedError


@dataclass(frozen=True)
class Person:
    """Somebody to be written to; `letter` and what else a message has may differ from person to person."""

    name: str = "Åse Ødegård"
    letter: FormLetter = LETTER
    sender: Mailbox = NEWS
    reply_to: Mailbox | None = None
    headers: Mapping[str, str] = field(default_factory=lambda: {"List-Unsubscribe": "<https://post.test/u/x>"})

    def offer(self, delivery: int, address: str = "", **changes: Any) -> Offer:
        """An offer to them."""
        who = replace(self, **changes)
        slots = [f"Hei {who.name}", who.name, who.name.replace("&", "&amp;").replace("<", "&lt;"), f"https://post.test/c/a1T{delivery}/"]
        filled = Filled(who.letter, slots, Mailbox(who.name, ""), who.sender, who.reply_to, who.headers, "0123456789ab")
        return Offer(delivery, address or f"anna{delivery}@firma.test", "retur@avsender.test", Given(filled))


def with_files(*files: File) -> FormLetter:
    """The letter with files."""
    return replace(LETTER, files=files)
