"""Where a transport pulls its offers from: keeps FLUSH, the end and a failing source apart, so that no transport need think of them."""

from __future__ import annotations

from collections.abc import Iterator

from mailings.message import FLUSH, Offer


class Source:
    """Offers, one at a time, until FLUSH, the end, or `stop()`.

    Where the iterator itself raises, nothing held may be forgotten for it: the error waits in `failure` until the transport has
    answered for everything, and `close()` raises it then.
    """

    def __init__(self, offers: Iterator[Offer | None]) -> None:
        self._offers = offers
        self.ended = False
        self.flushing = False
        self.failure: Exception | None = None

    def ask(self) -> Offer | None:
        """The next offer, or None when there is none to be had now (FLUSH) or at all (`ended`)."""
        if self.ended or self.flushing:
            return None
        try:
            offer = next(self._offers)
        except StopIteration:
            self.ended = True
            return None
        except Exception as error:  # raised again by close(), once everything held is answered for
            self.failure, self.ended = error, True
            return None
        self.flushing = offer is FLUSH
        return offer

    def resume(self) -> None:
        """Everything held is answered for: the source may be asked again after a FLUSH."""
        self.flushing = False

    def stop(self) -> None:
        """Ask for nothing more."""
        self.ended = True

    def close(self) -> None:
        """The end. Raises what the iterator raised, if it did."""
        if self.failure is not None:
            raise self.failure
