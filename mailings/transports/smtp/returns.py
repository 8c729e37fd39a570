"""Letters that came back from a lost line, and what becomes of each.

Lost under a letter whose body was begun: `unknown`. Under an envelope: nothing can have been taken, so the letter goes over a fresh
line once more. Lost there too, the letter may be what brings lines down: it is put aside as a suspect, to be `try_later` once the
server has answered for another; where the server is given up before that, it is `untouched` like all that was not begun.
A line that had carried letters or stood idle may have come to its own end (so many messages, so many minutes): that weighs a third.
"""

from __future__ import annotations

from collections import Counter, deque

from mailings.message import Offer, Outcome, Receipt
from mailings.transports.smtp.letters import Letter

FRESH, WORN, TOO_MUCH = 3, 1, 4  # what a lost line weighs against the letter it was busy with, and from when it is a suspect


class Returns:
    """What waits to be carried again, within one `send`."""

    def __init__(self) -> None:
        self._again: deque[Offer] = deque()  # never said to the server, or only behind another letter: any line will do
        self._afresh: deque[Offer] = deque()  # a line was lost under its envelope: a fresh line, once
        self._weight: Counter[int] = Counter()
        self._suspects: list[Receipt] = []

    def __bool__(self) -> bool:
        return bool(self._again or self._afresh)

    def take_back(self, letters: list[Letter], why: str, *, worn: bool) -> list[Receipt]:
        """The letters of a line lost because of `why`, the one it was busy with first; receipts for those that were begun.

        `worn`: the line had carried letters before, or stood idle.
        """
        receipts = []
        for letter in letters:
            delivery = letter.offer.delivery
            if letter.begun:
                receipts.append(Receipt(delivery, Outcome.UNKNOWN, reason=why))
            elif letter is not letters[0]:
                self._again.append(letter.offer)
            else:
                self._weigh(letter.offer, why, WORN if worn else FRESH)
        return receipts

    def _weigh(self, offer: Offer, why: str, weight: int) -> None:
        self._weight[offer.delivery] += weight
        if self._weight[offer.delivery] < TOO_MUCH:
            self._afresh.append(offer)
        else:
            del self._weight[offer.delivery]
            self._suspects.append(Receipt(offer.delivery, Outcome.TRY_LATER, reason=why))

    def take(self, *, fresh: bool) -> Offer | None:
        """The next offer to be carried again over a line that is `fresh`, or is not."""
        if self._afresh and fresh:
            return self._afresh.popleft()
        return self._again.popleft() if self._again else None

    def clear_suspects(self) -> list[Receipt]:
        """The server works, so it was the letters: their receipts."""
        known, self._suspects = self._suspects, []
        return known

    def give_up(self, why: str) -> list[Receipt]:
        """The server does not work: nothing of this was begun."""
        deliveries = [offer.delivery for offer in (*self._again, *self._afresh)] + [receipt.delivery for receipt in self._suspects]
        self._again.clear()
        self._afresh.clear()
        self._suspects.clear()
        return [Receipt(delivery, Outcome.UNTOUCHED, reason=why) for delivery in deliveries]
