"""One recipient's share of a request: what SendGrid puts in the places of the tags, or the whole message where it would not hold."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import orjson

from mailings.content.headers import clean
from mailings.letter import Filled
from mailings.message import Offer, Outcome, Receipt
from mailings.transports.sendgrid.form import Form, Frame, said

#: Where our number of the delivery comes back in every event; reserved names would be overwritten (spec/sendgrid.md 4).
DELIVERY = "mailings_delivery"
MOST_SUBSTITUTED = 10_000  # bytes of tags and values a recipient (spec/sendgrid.md 1)
LARGEST = 29_900_000  # bytes of a request; SendGrid takes less than 30 MB
LONGEST_NAME = 200  # characters of a name
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9._-]+")


@dataclass(frozen=True, slots=True, eq=False)
class Share:
    """A recipient put together. `alone` = subject and contents of a message that was rendered whole: it goes in a request of its own."""

    delivery: int
    frame: Frame
    written: bytes  # the personalization
    alone: bytes | None = None

    @property
    def weight(self) -> int:
        """Bytes it adds to a request."""
        return len(self.written) + 1

    @property
    def whole_weight(self) -> int:
        """Bytes of a request that holds nobody else."""
        return self.weight + len(self.frame.rest) + len(self.alone or self.frame.form.said) + 100


def unreachable(offer: Offer) -> Receipt | None:
    """The receipt of one whom SendGrid cannot serve: alone, before all others are refused because of him."""
    if _ADDRESS.fullmatch(offer.address):
        return None
    if not offer.address.isascii():
        return refused(offer, "SendGrid takes no address with letters beyond ASCII before the @.")
    return refused(offer, f"{offer.address!r} is no address SendGrid could write to.")


def share_of(offer: Offer, filled: Filled, form: Form) -> Share | int:
    """The recipient's share; the number of a slot that says something else here than the form does."""
    values = form.values(filled.slots)
    if isinstance(values, int):
        return values
    frame = form.frame(filled)
    # dicts instead of the SDK's Personalization, which costs five times as much and writes numbers as numbers
    to = {"email": offer.address}
    if name := safe_name(filled.to.name):
        to["name"] = name
    # all headers here: nothing says that those of the message and those of a recipient are put together
    headers = {**filled.letter.headers, **filled.headers} if filled.letter.headers else filled.headers
    written: dict[str, Any] = {"to": [to], "custom_args": {DELIVERY: f"{offer.delivery}.{filled.mark}"}, "headers": headers}
    if filled.sender != frame.sender:
        written["from"] = {"email": filled.sender.address, "name": clean(filled.sender.name)}
    together = "".join(values)
    if form.nonce in together or _bytes(together) + sum(map(len, form.tags)) > MOST_SUBSTITUTED:
        letter = filled.letter
        alone = said(filled.shown(letter.subject), filled.shown(letter.text), filled.shown(letter.html))
        return Share(offer.delivery, frame, orjson.dumps(written), alone)
    written["substitutions"] = dict(zip(form.tags, values, strict=True))
    return Share(offer.delivery, frame, orjson.dumps(written))


def safe_name(name: str) -> str:
    """A recipient's name without what makes SendGrid refuse a whole request: a comma, a semicolon, a control character."""
    return clean(name.replace(",", " ").replace(";", " "))[:LONGEST_NAME].strip() if name else ""


def _bytes(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-8", "replace"))


def refused(offer: Offer, why: str) -> Receipt:
    """Refused by us, for that reason."""
    return Receipt(offer.delivery, Outcome.REFUSED, reason=why)
