"""One hand-over: recipients gathered into requests, some under way in threads while the next is put together in this one."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from queue import SimpleQueue

from mailings import seams
from mailings.message import Outcome, Receipt
from mailings.seams import Seam
from mailings.transports._bisecting import Bisecting, Refusal
from mailings.transports._source import Source
from mailings.transports.sendgrid.form import Form, Frame
from mailings.transports.sendgrid.recipients import LARGEST, Share
from mailings.transports.sendgrid.requests import Requests
from mailings.transports.sendgrid.writing import Writer

STOPPED = "The hand-over was given up before it was their turn."
TOO_LARGE = "A message has {:.1f} MB with its attachments; SendGrid takes less than 30. Link to the largest file instead."


@dataclass(slots=True)
class Sheaf:
    """Recipients who will go in one request, and what they weigh."""

    shares: list[Share] = field(default_factory=list)
    weight: int = 0


class Carrying:
    """One `send`: `receipts()` runs it. Holds at most `most[1]` recipients that wait, and as many in each of `most[0]` requests."""

    def __init__(self, requests: Requests, writer: Writer, source: Source, most: tuple[int, int]) -> None:
        self._requests, self._writer, self._source = requests, writer, source
        writer.forget()
        self._most = most
        self._bisecting: Bisecting[Share] = Bisecting(self._request)
        self._open: dict[Frame, Sheaf] = {}  # requests that still have room
        self._ready: deque[Sequence[Share]] = deque()
        self._waiting = 0  # recipients in either
        self._busy = 0  # requests under way
        self._answers: SimpleQueue[Receipt | BaseException | None] = SimpleQueue()  # None: one more is done

    def receipts(self) -> Iterator[Receipt]:
        """Carry all there is. Requests under way when nobody listens any more are waited for, and nothing follows them."""
        with ThreadPoolExecutor(self._most[0], "sendgrid") as threads:
            try:
                while self._go_on(threads):
                    while not self._answers.empty():
                        yield from self._heard()
            finally:
                self._bisecting.trouble = self._bisecting.trouble or STOPPED

    def _go_on(self, threads: ThreadPoolExecutor) -> bool:
        """One step: begin a request, or ask for an offer, or wait for an answer. False at the end."""
        if self._bisecting.trouble is not None:
            self._source.stop()
        if self._ready and self._busy < self._limits[0]:
            self._begin(threads, self._ready.popleft())
        elif self._may_ask:
            self._ask()
        elif self._writer.waiting:
            self._sort(self._writer.rest())
        elif self._open and not self._ready:
            self._close(max(self._open, key=lambda frame: len(self._open[frame].shares)))
        elif self._busy:
            self._answers.put(self._answers.get())  # wait until there is one
        elif self._source.flushing:
            self._source.resume()
        else:
            return False
        return True

    @property
    def _limits(self) -> tuple[int, int]:
        """As `most`; after a lost answer one request of one, and nobody is gathered before it is answered, until one is taken."""
        return (1, 0 if self._busy else 1) if self._requests.careful else self._most

    @property
    def _may_ask(self) -> bool:
        return self._waiting + self._writer.waiting < self._limits[1] and not (self._source.ended or self._source.flushing)

    def _ask(self) -> None:
        offer = self._source.ask()
        if offer is not None:
            self._sort(self._writer.take(offer))

    def _sort(self, made: Iterable[Share | Receipt]) -> None:
        for share in made:
            if isinstance(share, Receipt):
                self._answers.put(share)
            elif share.whole_weight > LARGEST:
                self._bisecting.trouble = why = TOO_LARGE.format(share.whole_weight / 1e6)
                self._answers.put(Receipt(share.delivery, Outcome.UNTOUCHED, "413", why))
            else:
                self._gather(share)

    def _gather(self, share: Share) -> None:
        self._waiting += 1
        if share.alone is not None:
            self._ready.append([share])
            return
        sheaf = self._open.get(share.frame)
        if sheaf is not None and sheaf.weight + share.weight > LARGEST:
            self._close(share.frame)
            sheaf = None
        if sheaf is None:
            self._close_those_before(share.frame.form)
            sheaf = self._open[share.frame] = Sheaf(weight=share.whole_weight - share.weight)
        sheaf.shares.append(share)
        sheaf.weight += share.weight

    def _close(self, frame: Frame) -> None:
        self._ready.append(self._open.pop(frame).shares)

    def _close_those_before(self, form: Form) -> None:
        """Nobody joins the requests of an earlier form of the letter any more; kept open, they would only take the room of others."""
        for frame in [frame for frame in self._open if frame.form.letter is form.letter and frame.form is not form]:
            self._close(frame)

    def _begin(self, threads: ThreadPoolExecutor, shares: Sequence[Share]) -> None:
        self._waiting -= len(shares)
        self._busy += 1
        threads.submit(self._carry, shares)

    def _carry(self, shares: Sequence[Share]) -> None:
        """In a thread: everybody of one request, however often it must be made."""
        try:
            for receipt in self._bisecting.carry(shares):
                self._answers.put(receipt)
        except BaseException as error:  # a mistake of ours: raised where somebody looks
            self._answers.put(error)
        self._answers.put(None)

    def _request(self, shares: Sequence[Share]) -> Sequence[Receipt] | Refusal:
        answer = self._requests.make(shares)
        self._bisecting.trouble = self._bisecting.trouble or self._requests.trouble
        return answer

    def _heard(self) -> Iterator[Receipt]:
        word = self._answers.get()
        if word is None:
            self._busy -= 1
        elif isinstance(word, BaseException):
            raise word
        else:
            seams.before(Seam.ANSWER)
            yield word
            seams.after(Seam.ANSWER)
