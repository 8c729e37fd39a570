"""One hand-over: as many messages under way in threads as there are connections; their receipts in whatever order they come."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue

from mailings import seams
from mailings.message import Offer, Receipt
from mailings.seams import Seam
from mailings.transports._source import Source
from mailings.transports.twilio.requests import Requests

STOPPED = "The hand-over was given up before it was their turn."


class Carrying:
    """One `send`: `receipts()` runs it. Holds at most `most` recipients."""

    def __init__(self, requests: Requests, source: Source, most: int) -> None:
        self._requests, self._source, self._most = requests, source, most
        self._busy = 0  # under way, or answered and not yet told
        self._answers: SimpleQueue[Receipt | BaseException] = SimpleQueue()

    def receipts(self) -> Iterator[Receipt]:
        """Carry all there is. Requests under way when nobody listens any more are waited for, and nothing follows them."""
        with ThreadPoolExecutor(self._most, "twilio") as threads:
            try:
                while True:
                    self._fill(threads)
                    if self._busy:
                        yield from self._heard()
                    elif self._source.flushing:
                        self._source.resume()
                    else:
                        return
            finally:
                self._requests.trouble = self._requests.trouble or STOPPED

    def _fill(self, threads: ThreadPoolExecutor) -> None:
        """Put messages under way until there are enough, or none is to be had now."""
        while self._busy < (1 if self._requests.careful else self._most) and self._answers.empty():
            if self._requests.trouble is not None:
                self._source.stop()
            offer = self._source.ask()
            if offer is None:
                return
            self._busy += 1
            threads.submit(self._carry, offer)

    def _carry(self, offer: Offer) -> None:
        """In a thread: one message."""
        try:
            self._answers.put(self._requests.make(offer))
        except BaseException as error:  # a mistake of ours: raised where somebody looks
            self._answers.put(error)

    def _heard(self) -> Iterator[Receipt]:
        word = self._answers.get()
        self._busy -= 1
        if isinstance(word, BaseException):
            raise word
        seams.before(Seam.ANSWER)
        yield word
        seams.after(Seam.ANSWER)
