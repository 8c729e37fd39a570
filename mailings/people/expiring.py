"""Erases for good whose days of grace are over, a portion in one transaction: a run that dies between two leaves nobody half erased."""

from __future__ import annotations

from sqlalchemy.orm import Session

from mailings.people.deleting import overdue
from mailings.people.erasing import erase

PORTION = 100  # people in one transaction: half a second, in which others who write must wait


def erase_overdue(session: Session, days: int, portion: int = PORTION) -> int:
    """Erase the next people who were deleted `days` ago or longer (domain.md F.4, D30); how many. 0 = nobody is left."""
    due = overdue(session, days, portion)
    for person_id in due:
        erase(session, person_id)
    return len(due)
