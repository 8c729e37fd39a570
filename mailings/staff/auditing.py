"""The log of changes: who, when, what; written in the transaction of the change itself, so that neither is there without the other."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from mailings import clock
from mailings.model import AuditEntry


def record(session: Session, by: str, what: str, subject: str = "", **details: Any) -> None:
    """Keep that `by`, a user's name, did `what` (schedule, pause, correct address, ...) to `subject` ("mailing autumn-news", "person 17").

    `details` are what JSON can hold, and never an address or a name of a person: the log outlives them (domain.md D30).
    """
    session.add(AuditEntry(at=clock.now(), by=by, what=what, subject=subject, details=details))
