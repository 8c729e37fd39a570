"""For transports that hand over many in one request: a request refused as a whole is halved until whom it is about stands alone."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from mailings.message import Offer, Outcome, Receipt

#: Refusals in a row, nobody accepted, that make it trouble of the whole: a request, its halves, and so on down to sixteenths.
FRUITLESS = 31


@dataclass(frozen=True, slots=True)
class Refusal:
    """A definite no to a request as a whole: nothing of it was taken. `code` and `reason` as the other side gave them."""

    code: str | None = None
    reason: str | None = None


#: One request: its receipts, exactly one an offer, or the refusal of all of it. Never raises.
Request = Callable[[Sequence[Offer]], Sequence[Receipt] | Refusal]


class Bisecting:
    """The requests of one `send`. `trouble` = why it should ask for no more offers: the other side refuses whatever it is given.

    With n offers of which p are poison, at most 1 + 2 p log2(n) requests are made (rounded up), and FRUITLESS where all are refused
    before anybody was ever accepted. Those refused alone are answered for once somebody is accepted or all is tried: until then
    it may have been trouble of the whole.
    """

    def __init__(self, request: Request) -> None:
        self._request = request
        self._fruitless = 0
        self._works = False
        self.trouble: str | None = None

    def carry(self, offers: Sequence[Offer]) -> Iterator[Receipt]:
        """Exactly one receipt an offer: refused only for who was refused alone, untouched for who was not taken because of trouble."""
        parts = deque([offers] if offers else [])
        alone: list[Receipt] = []
        while parts and self.trouble is None:
            part = parts.popleft()
            answer = self._request(part)
            if not isinstance(answer, Refusal):
                yield from self._noted(answer)
            elif self._is_trouble(answer):
                parts.append(part)
            elif len(part) > 1:
                middle = len(part) // 2
                parts += (part[:middle], part[middle:])  # breadth first: all parts of one size before smaller ones
            else:
                alone.append(Receipt(part[0].delivery, Outcome.REFUSED, answer.code, answer.reason))
            if self._works:
                yield from alone
                alone.clear()
        yield from self._ended(parts, alone)

    def _noted(self, receipts: Sequence[Receipt]) -> Iterator[Receipt]:
        for receipt in receipts:
            if receipt.outcome is Outcome.ACCEPTED:
                self._works, self._fruitless = True, 0
            if receipt.outcome is Outcome.UNTOUCHED:
                self.trouble = receipt.reason or "The transport broke down."
            yield receipt

    def _is_trouble(self, refusal: Refusal) -> bool:
        self._fruitless += 1
        if self._works or self._fruitless < FRUITLESS:
            return False
        said = " ".join(word for word in (refusal.code, refusal.reason) if word)
        self.trouble = f"Every request is refused, whoever it is for: {said}"
        return True

    def _ended(self, parts: Sequence[Sequence[Offer]], alone: Sequence[Receipt]) -> Iterator[Receipt]:
        """What was refused alone is refused, unless all were; what was not tried is untouched."""
        for receipt in alone:
            yield receipt if self.trouble is None else Receipt(receipt.delivery, Outcome.UNTOUCHED, reason=self.trouble)
        for part in parts:
            yield from (Receipt(offer.delivery, Outcome.UNTOUCHED, reason=self.trouble) for offer in part)
