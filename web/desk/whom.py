"""Who is on a mailing's list, and how many are left out for which reason, as its Summary tells."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from mailings.model import Mailing, Recipient, Verdict
from mailings.reports.watching import Look


@dataclass(frozen=True, slots=True)
class Audience:
    """Who is on the list: `eligible` and, most first, how many are left out for which reason; `made` = when.

    People without an address are on no list that people see, and come last (domain.md D26).
    """

    total: int
    eligible: int
    excluded: list[tuple[str, int]]
    made: datetime | None

    def lost(self, look: Look) -> int:
        """Recipients of a mailing under way who are neither left out nor have a message: none, or something is wrong."""
        return self.eligible - look.total if look.total else 0


def audience_of(session: Session, mailing: Mailing) -> Audience:
    """As the list stands now."""
    counted = select(Recipient.verdict, func.count()).where(Recipient.mailing_id == mailing.id).group_by(Recipient.verdict)
    n = {str(verdict): count for verdict, count in session.execute(counted)}
    shown = sum(count for verdict, count in n.items() if verdict != Verdict.NO_ADDRESS)
    left_out = [(verdict, count) for verdict, count in n.items() if verdict != Verdict.ELIGIBLE]
    excluded = sorted(left_out, key=lambda pair: (pair[0] == Verdict.NO_ADDRESS, -pair[1]))
    return Audience(shown, n.get(Verdict.ELIGIBLE, 0), excluded, mailing.populated_at)
