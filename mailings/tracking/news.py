"""A report not heard before, and whom it is about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from mailings.reported import Report


class Sent(NamedTuple):
    """A delivery that a report names: what it takes to know whom it concerns."""

    delivery: int
    mailing: int
    address: str | None
    test: bool
    erased: bool
    person: int | None
    provider_id: str | None


@dataclass(frozen=True, slots=True)
class News:
    """A report not heard before, with the delivery it is about, None where that is none of ours, and the normal address."""

    report: Report
    sent: Sent | None
    address: str | None

    @property
    def test(self) -> bool:
        """True for what is said of a test message."""
        return self.sent is not None and self.sent.test
