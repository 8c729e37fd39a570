"""Refusals that say the same to everybody are not the recipients' fault: held back until somebody is accepted, or enough say it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from typing import NamedTuple

from mailings.message import Outcome, Receipt
from mailings.sending.claims import Claimed
from mailings.sending.known import Known

ENOUGH = 20  # refusals alike that stop a run which nobody accepted anything from
FEWEST = 3  # a smaller mailing is judged by its recipients one by one
MOST = 100  # held back at most: where the words of so many differ, it is not one trouble

#: X.1 and X.2 speak of the addressee's address and mailbox (RFC 3463), X.6.7 of its letters; X.1.7 and X.1.8 speak of the sender's
_OF_THE_ADDRESSEE = re.compile(r"\d{3} 5\.(?:1\.(?![78]$)\d+|2\.\d+|6\.7)$")
_OF_US = re.compile(r"sender|relay|denied|authent|not allowed|policy|blocked|spam|client host", re.IGNORECASE)
_NOBODY_THERE = re.compile(
    r"no such|unknown|not found|not exist|n't exist|no longer|disabled|inactive|unavailable|over quota|full|invalid|no mailbox",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"<?[^\s<>]+@[^\s<>]+>?:?")
_NAME_OR_ID = re.compile(r"\S*\d\S*|\S+\.\S+|[^\w\s]")  # what holds a digit, a name with dots, signs


class Held(NamedTuple):
    """A refusal held back."""

    receipt: Receipt
    claimed: Claimed


class Alike:
    """The refusals held back: what `holds` keeps comes out of `take`. `ask` tells of the mailing and of those held."""

    def __init__(self, ask: Callable[[Sequence[int]], Known]) -> None:
        self._ask = ask
        self._watching: bool | None = None  # None until the first refusal: most runs meet none, and need not ask
        self._held: list[Held] = []
        self._same: Counter[tuple[str | None, str]] = Counter()

    @property
    def over(self) -> bool:
        """True once somebody was accepted, or the words of so many differed: nothing is held back any more."""
        return self._watching is False

    def holds(self, receipt: Receipt, claimed: Claimed) -> bool:
        """Whether this one is kept back. An acceptance ends the watch: the other side takes mail, so its refusals are meant."""
        if receipt.outcome is Outcome.ACCEPTED:
            self._watching = False
        if receipt.outcome is not Outcome.REFUSED or not speaks_of_us(receipt) or not self._watches():
            return False
        self._held.append(Held(receipt, claimed))
        self._same[what_it_says(receipt)] += 1
        return True

    def verdict(self, *, last: bool) -> str | None:
        """The sentence to pause with, once enough say the same; at the `last` of a mailing, once all that is held does.

        Twenty of one recipient domain are not everybody: where others still wait, they are asked first.
        """
        most, full = max(self._same.values(), default=0), len(self._held) >= MOST
        if most >= ENOUGH or (last and most >= FEWEST and len(self._same) == 1):
            known = self._known()
            self._watching = not known.accepted
            said = None if known.elsewhere and not (full or last) else _sentence(self._held[-1].receipt, most)
            return said if self._watching else None
        if full:
            self._watching = False
        return None

    def stopped(self) -> bool:
        """Whether something is held of a mailing that was stopped meanwhile: then its next run shall judge."""
        return bool(self._held) and not self._known().sending

    def take(self) -> list[Held]:
        """All that is held, which is then held no more."""
        held, self._held = self._held, []
        self._same.clear()
        return held

    def _known(self) -> Known:
        return self._ask([held.receipt.delivery for held in self._held])

    def _watches(self) -> bool:
        if self._watching is None:
            self._watching = not self._known().accepted
        return self._watching


def speaks_of_us(receipt: Receipt) -> bool:
    """Whether a refusal may speak of sender, relay or message instead of the addressee. Without a code it is our own judgement."""
    if receipt.code is None or _OF_THE_ADDRESSEE.match(receipt.code):
        return False
    enhanced, words = " " in receipt.code, receipt.reason or ""
    return enhanced or bool(_OF_US.search(words)) or not _NOBODY_THERE.search(words)


def what_it_says(receipt: Receipt) -> tuple[str | None, str]:
    """Code and words of a refusal, without addresses, names and ids: alike for everybody where the trouble is ours."""
    words = _NAME_OR_ID.sub(" ", _ADDRESS.sub(" ", receipt.reason or "").lower())
    return receipt.code, " ".join(words.split())


def _sentence(receipt: Receipt, count: int) -> str:
    said = " ".join(_ADDRESS.sub(" ", receipt.reason or "").split()).rstrip(".")  # nobody's address is kept with the mailing
    return (
        f"The other side refused all {count} so far with the same words and accepted nobody: {receipt.code} {said}. "
        "Nobody is failed for it: mend sender, login or relay, and send again."
    )
