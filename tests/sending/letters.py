"""The smallest content there is: every recipient gets one line, so that tests of sending need no template."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, func, select

from mailings.errors import Unreadable
from mailings.message import Message, Offer
from mailings.model import Delivery, Recipient


@dataclass(frozen=True, slots=True)
class Line(Message):
    """A message of one line. `unreadable` = it cannot be put together."""

    address: str
    unreadable: bool = False

    def mime(self, *, eight_bit: bool = False) -> bytes:
        """The message."""
        if self.unreadable:
            raise Unreadable(f"the message for {self.address} cannot be put together")
        return f"To: {self.address}\r\nMessage-ID: <{self.address}>\r\n\r\nHei!\r\n".encode()


class Letters:
    """Compiled content of one line each."""

    select = (
        select(Delivery.id, func.coalesce(Delivery.address, Recipient.address))
        .join(Recipient, Recipient.id == Delivery.recipient_id, isouter=True)
        .where(Delivery.mailing_id == bindparam("mailing_id"), Delivery.id.between(bindparam("low"), bindparam("high")))
    )

    def offer(self, row: Sequence[Any]) -> Offer:
        """The offer for one row."""
        return Offer(row[0], row[1], "news@acme.test", Line(row[1], "uleselig" in row[1]))
