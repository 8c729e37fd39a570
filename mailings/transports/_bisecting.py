"""For transports that hand over many in one request: a request refused as a whole is halved until whom it is about stands alone."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

from mailings.message import Outcome, Receipt

#: Refusals in a row, nobody accepted, that make it trouble of the whole: a request, its halves, and so on down to sixteenths.
FRUITLESS = 31


class _Delivered(Protocol):
    @property
    def delivery(self) -> int: ...


T = TypeVar("T", bound=_Delivered)  # an offer, or what a transport made of it


@dataclass(frozen=True, slots=True)
class Refusal:
    """A definite no to a request as a whole: nothing of it was taken. `code` and `reason` as the other side gave them.

    `named` = because of whom, where it says so: their places in the request, counted from 0, and what is said of each.
    """

    code: str | None = None
    reason: str | None = None
    named: Mapping[int, str] = field(default_factory=dict)


class Bisecting(Generic[T]):
    """The requests of one `send`. `request` makes one: receipts, exactly one an offer, or the refusal of all of it; it never raises.

    `trouble` = why nothing more should be asked for: the other side refuses whatever it is given. It may be set from outside, too.
    Threads may share one: what they have in common is set in one step each.

    With n offers of which p are poison, at most 1 + 2 p log2(n) requests are made (rounded up), and FRUITLESS where all are refused
    before anybody was ever accepted. Those refused alone are answered for once somebody is accepted or all is tried: until then
    it may have been trouble of the whole. Those whom a refusal names cost one request together, however many they are.
    """

    def __init__(self, request: Callable[[Sequence[T]], Sequence[Receipt] | Refusal]) -> None:
        self._request = request
        self._fruitless = 0
        self._works = False
        self.trouble: str | None = None

    def carry(self, offers: Sequence[T]) -> Iterator[Receipt]:
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
            else:
                parts += _parted(part, answer)
                alone += _refused(part, answer)
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

    def _ended(self, parts: Sequence[Sequence[T]], alone: Sequence[Receipt]) -> Iterator[Receipt]:
        """What was refused alone is refused, unless all were; what was not tried is untouched."""
        for receipt in alone:
            yield receipt if self.trouble is None else Receipt(receipt.delivery, Outcome.UNTOUCHED, reason=self.trouble)
        for part in parts:
            yield from (Receipt(offer.delivery, Outcome.UNTOUCHED, reason=self.trouble) for offer in part)


def _refused(part: Sequence[T], refusal: Refusal) -> Iterator[Receipt]:
    """Of those refused together, who is known to be meant: whoever is named, or was alone."""
    for place, one in enumerate(part):
        if place in refusal.named or len(part) == 1:
            yield Receipt(one.delivery, Outcome.REFUSED, refusal.code, refusal.named.get(place) or refusal.reason)


def _parted(part: Sequence[T], refusal: Refusal) -> list[Sequence[T]]:
    """What is to be tried again: all others at once, or two halves; breadth first, all parts of one size before smaller ones."""
    if len(part) == 1:
        return []
    if any(0 <= place < len(part) for place in refusal.named):
        rest = [one for place, one in enumerate(part) if place not in refusal.named]
        return [rest] if rest else []
    middle = len(part) // 2
    return [part[:middle], part[middle:]]
