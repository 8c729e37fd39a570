"""The Message-ID of a delivery, and back: its number, the mark of its mailing, which keeps it apart, and its own, which proves it."""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left
from collections.abc import Callable
from hashlib import sha256

from mailings.letter import Texted
from mailings.message import Sought
from mailings.model import Mailing
from mailings.tokens import Tokens

_OURS = re.compile(r"<(\d{1,18})\.([0-9a-f]{12})([0-9a-f]{12})?@[^<>@\s]+>")


def message_id(mailing: Mailing, host: str, tokens: Tokens) -> Callable[[int], str]:
    """The Message-ID by delivery of the mailing, signed; at `host` where the sender has no address.

    Whoever has one message of a mailing knows its mark, and the numbers run on: without a mark of its own anybody could name the next.
    """
    domain = str(mailing.sender.get("address") or "").rpartition("@")[2] or host
    ascii_domain = domain.encode("idna").decode("ascii") if not domain.isascii() else domain
    mark, sign = mark_of(mailing), tokens.message_mark
    return lambda delivery: f"<{delivery}.{mark}{sign(delivery)}@{ascii_domain}>"


def mark_of(mailing: Mailing) -> str:
    """What is the mailing's alone: deliveries are numbered from 1 in every installation."""
    return sha256(f"{mailing.id} {mailing.name} {round(mailing.created_at.timestamp() * 1000)}".encode()).hexdigest()[:12]


def named_by(message_id: str, tokens: Tokens) -> tuple[int, str] | None:
    """The delivery and the mailing's mark of a Message-ID that we signed; None for another's, forged ones and those not signed.

    The mailing's mark is yet to be compared: a database made anew counts from 1 again under the same secret.
    """
    read = _OURS.search(message_id)
    return (int(read[1]), read[2]) if read and read[3] and tokens.is_message_mark(int(read[1]), read[3]) else None


class InDoubt:
    """Deliveries found by their Message-IDs: a message of somebody else, or a number under a wrong mark, is none of them.

    Signed or not: a server's log is its own words. What strangers may have written is asked through `Signed`.

    Eight bytes a delivery, so that a hundred thousand in doubt cost a megabyte. `since`: seconds since 1970, see message.Sought.
    """

    def __init__(self, since: float) -> None:
        self.since = since
        self.texted: list[Texted] = []
        self._numbers: dict[str, array[int]] = {}

    def add(self, mailing: Mailing, deliveries: array[int]) -> None:
        """Look for these deliveries of the mailing, given in order."""
        self._numbers[mark_of(mailing)] = deliveries

    def delivery_of(self, message_id: str) -> int | None:
        """The delivery a Message-ID names, if it is one of these."""
        read = _OURS.search(message_id)
        numbers = self._numbers.get(read[2]) if read else None
        if read is None or not numbers:
            return None
        number = int(read[1])
        at = bisect_left(numbers, number)
        return number if at < len(numbers) and numbers[at] == number else None


class Signed:
    """The same deliveries, found only by Message-IDs that we signed: for sources in which anybody can write."""

    def __init__(self, sought: Sought, tokens: Tokens) -> None:
        self.since, self.texted, self._sought, self._tokens = sought.since, sought.texted, sought, tokens

    def delivery_of(self, message_id: str) -> int | None:
        """The delivery a Message-ID names, if it is one of these and its number was not put there by a stranger."""
        return self._sought.delivery_of(message_id) if named_by(message_id, self._tokens) else None
