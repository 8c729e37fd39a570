"""The Message-ID of a delivery, and back: its number, and the mark of its mailing that keeps it apart from everybody else's."""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left
from hashlib import sha256

from mailings.model import Mailing

_OURS = re.compile(r"<(\d{1,18})\.([0-9a-f]{12})@[^<>@\s]+>")


def message_id(mailing: Mailing, host: str) -> str:
    """The Message-ID of the mailing's deliveries with a place for their number; at `host` where the sender has no address."""
    domain = str(mailing.sender.get("address") or "").rpartition("@")[2] or host
    ascii_domain = domain.encode("idna").decode("ascii") if not domain.isascii() else domain
    return f"<%d.{mark_of(mailing)}@{ascii_domain}>"


def mark_of(mailing: Mailing) -> str:
    """What is the mailing's alone: deliveries are numbered from 1 in every installation."""
    return sha256(f"{mailing.id} {mailing.name} {round(mailing.created_at.timestamp() * 1000)}".encode()).hexdigest()[:12]


def named_by(message_id: str) -> tuple[int, str] | None:
    """The delivery and the mark a Message-ID of ours has; None for another's. The mark is yet to be compared with the mailing's."""
    read = _OURS.search(message_id)
    return (int(read[1]), read[2]) if read else None


class InDoubt:
    """Deliveries found by their Message-IDs: a message of somebody else, or a number under a wrong mark, is none of them.

    Eight bytes a delivery, so that a hundred thousand in doubt cost a megabyte. `since`: seconds since 1970, see message.Sought.
    """

    def __init__(self, since: float) -> None:
        self.since = since
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
