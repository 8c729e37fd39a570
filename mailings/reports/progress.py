"""Progress of a run, counted on from its beginning: asking a million rows after every portion would cost more than sending it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mailings.message import Outcome

BECOMES = {Outcome.ACCEPTED: "sent", Outcome.REFUSED: "failed", Outcome.UNKNOWN: "in_doubt"}


class Progress:
    """A status document that moves with each portion's receipts. Exact figures come from `figures.status_of` at the end."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document

    @property
    def name(self) -> str:
        """The mailing's name."""
        return str(self.document["name"])

    def after(self, counts: Mapping[Outcome, int]) -> dict[str, Any]:
        """The document after a portion with these receipts."""
        deliveries = self.document["deliveries"]
        for outcome, status in BECOMES.items():
            moved = min(counts.get(outcome, 0), deliveries["queued"])
            deliveries["queued"] -= moved
            deliveries[status] += moved
        return self.document
