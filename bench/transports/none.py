"""Carries nothing: puts each message together and calls it accepted, so that what is left is rendering and the ledger."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Self

from mailings import seams
from mailings.message import Offer, Outcome, Receipt, Transport
from mailings.seams import Seam
from mailings.transports._source import Source


class Nothing(Transport):
    """Takes everything, keeps nothing."""

    name: ClassVar[str] = "none"
    channels: ClassVar[frozenset[str]] = frozenset({"email"})
    leaves_machine: ClassVar[bool] = False

    @classmethod
    def configured(cls) -> Self:
        """There is nothing to configure."""
        return cls()

    def send(self, offers: Iterator[Offer | None]) -> Iterator[Receipt]:
        """One message after another, with the seams a transport passes."""
        source = Source(offers)
        while not source.ended:
            while (offer := source.ask()) is not None:
                offer.message.mime()
                seams.before(Seam.HAND_OVER)
                seams.after(Seam.HAND_OVER)
                yield Receipt(offer.delivery, Outcome.ACCEPTED)
            source.resume()
        source.close()
