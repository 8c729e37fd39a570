"""What a sender holds: claimed and not yet offered, offered without a receipt, answered and not yet recorded."""

from __future__ import annotations

import logging
from collections import Counter, deque
from collections.abc import Iterable
from typing import Any

from mailings.message import Outcome, Receipt
from mailings.sending.alike import Alike
from mailings.sending.claims import Claimed
from mailings.sending.receipts import Answered

JUDGED = (Outcome.ACCEPTED, Outcome.REFUSED)  # what may decide about refusals held back

log = logging.getLogger(__name__)


class Hand:
    """Everything claimed and not recorded. Whatever happens, each delivery leaves it with exactly one answer."""

    def __init__(self, alike: Alike | None = None) -> None:
        self.waiting: deque[tuple[Claimed, Any]] = deque()  # with the row its message is made from
        self.offered: dict[int, Claimed] = {}
        self.answers: list[Answered] = []
        self.counts: Counter[Outcome] = Counter()
        self.outage: str | None = None  # the sentence to pause with: the other side answers nobody as it should
        self.last_trouble: str | None = None  # why the transport last left something untouched
        self._alike = alike  # refusals held back; None = every refusal is taken at its word

    def hold(self, claimed: Iterable[Claimed], rows: dict[int, Any]) -> None:
        """Take claimed deliveries; one without a row has nobody to write to any more."""
        for one in claimed:
            row = rows.get(one.id)
            if row is None:
                self._answer(Receipt(one.id, Outcome.REFUSED, reason="the recipient or the address is gone"), one)
            else:
                self.waiting.append((one, row))

    def answered(self, receipt: Receipt) -> None:
        """A transport's receipt. One for something not offered, or a second one, is kept out and logged."""
        claimed = self.offered.pop(receipt.delivery, None)
        if claimed is None:
            log.error("a transport answered for delivery %d, which it does not hold", receipt.delivery)
            return
        if self._alike is None or not self._alike.holds(receipt, claimed):
            self._answer(receipt, claimed)
        if self._alike is not None and receipt.outcome in JUDGED:
            self._judge(self._alike, last=False)

    def let_go(self, *, last: bool = False) -> None:
        """The transport has ended: what it was offered and left open is unknown, what was never offered is untouched.

        `last`: nothing is left to claim, so refusals held back are judged now, however few.
        """
        for one in self.offered.values():
            self._answer(Receipt(one.id, Outcome.UNKNOWN), one)
        self.offered.clear()
        self.put_back()
        if last and self._alike is not None:
            self._judge(self._alike, last=True)

    def put_back(self) -> None:
        """What was never offered is untouched."""
        for one, _ in self.waiting:
            self._answer(Receipt(one.id, Outcome.UNTOUCHED), one)
        self.waiting.clear()

    def give_back(self) -> None:
        """The run ends before refusals held back could be judged: nothing was taken of them, so the next run tries them again."""
        for receipt, claimed in self._alike.take() if self._alike is not None else ():
            self._answer(Receipt(receipt.delivery, Outcome.UNTOUCHED), claimed)

    def _judge(self, alike: Alike, *, last: bool) -> None:
        """What is held back was said of everybody, or meant for these recipients, or cannot be told yet."""
        if (verdict := alike.verdict(last=last)) is not None:
            self.outage = verdict
        stopped = self.outage is not None or (last and alike.stopped())
        if stopped and not alike.over:
            self.give_back()
        elif last or alike.over:
            for receipt, claimed in alike.take():
                self._answer(receipt, claimed)
        if alike.over:  # the other side takes mail: from here on every refusal is taken at its word
            self._alike = self.outage = None

    def _answer(self, receipt: Receipt, claimed: Claimed) -> None:
        self.answers.append(Answered(receipt, claimed))
        self.counts[receipt.outcome] += 1
        if receipt.outcome is Outcome.UNTOUCHED and receipt.reason:
            self.last_trouble = receipt.reason
            if receipt.code:  # the other side's own words about us, such as 530: waiting does not help
                self.outage = f"The other side does not let us in: {receipt.code} {receipt.reason}"
