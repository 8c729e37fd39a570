"""A message as a file on this machine, in the form of its channel: an e-mail, a text message one can read, a letter."""

from __future__ import annotations

from typing import NamedTuple

from mailings.message import Offer


class Written(NamedTuple):
    """What the file holds; the folder it stands in, below the outbox; how its name ends."""

    content: bytes
    folder: str
    suffix: str


def written(offer: Offer) -> Written:
    """The message of an offer. Raises Unreadable when it cannot be put together."""
    if offer.message.channel == "sms":
        return Written(_short(offer), "sms", ".sms")
    if offer.message.channel == "document":
        page = offer.message.page()
        return Written(page.content, "letters", f".{page.kind}")
    return Written(offer.message.mime(), "new", "")


def _short(offer: Offer) -> bytes:
    """As a person reads it: whom it is for, whom it comes from, how long it is, then its words."""
    short = offer.message.short()
    heads = f"To: {offer.address}\nFrom: {short.sender}\nParts: {short.parts}\nDelivery: {offer.delivery}\n"
    return f"{heads}\n{short.text}\n".encode()
