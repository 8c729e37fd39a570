"""What a sender holds: claimed and not yet offered, offered without a receipt, answered and not yet recorded."""

from __future__ import annotations

import logging
from collections import Counter, deque
from collections.abc import Iterable
from typing import Any

from mailings.message import Outcome, Receipt
from mailings.sending.claims import Claimed
from mailings.sending.receipts import Answered

log = logging.getLogger(__name__)


class Hand:
    """Everything claimed and not recorded. Whatever happens, each delivery leaves it with exactly one answer."""

    def __init__(self) -> None:
        self.waiting: deque[tuple[Claimed, Any]] = deque()  # with the row its message is made from
        self.offered: dict[int, Claimed] = {}
        self.answers: list[Answered] = []
        self.counts: Counter[Outcome] = Counter()
        self.outage: str | None = None  # the sentence to pause with: the other side answers nobody as it should
        self.last_trouble: str | None = None  # why the transport last left something untouched

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
        else:
            self._answer(receipt, claimed)

    def let_go(self) -> None:
        """The transport has ended: what it was offered and left open is unknown, what was never offered is untouched."""
        for one in self.offered.values():
            self._answer(Receipt(one.id, Outcome.UNKNOWN), one)
        for one, _ in self.waiting:
            self._answer(Receipt(one.id, Outcome.UNTOUCHED), one)
        self.offered.clear()
        self.waiting.clear()

    def _answer(self, receipt: Receipt, claimed: Claimed) -> None:
        self.answers.append(Answered(receipt, claimed))
        self.counts[receipt.outcome] += 1
        if receipt.outcome is Outcome.UNTOUCHED and receipt.reason:
            self.last_trouble = receipt.reason
