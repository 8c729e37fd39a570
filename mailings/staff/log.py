"""The log of changes as it is read: newest first, by user, subject or day, page by page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from mailings.model import AuditEntry

PAGE = 100  # lines


@dataclass(frozen=True, slots=True)
class Asked:
    """Which lines: of a user, of a subject ("mailing autumn-news"), of a day in UTC; empty = all."""

    by: str = ""
    subject: str = ""
    day: date | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One change: who did what to what, and when. `id` rises with time."""

    id: int
    at: datetime
    by: str
    what: str
    subject: str
    details: dict[str, Any]

    def document(self) -> dict[str, Any]:
        """As JSON shows it."""
        return {"at": self.at.isoformat(), "by": self.by, "what": self.what, "subject": self.subject, "details": self.details}


def lines(session: Session, asked: Asked, *, before: int | None = None, most: int = PAGE) -> list[Line]:
    """The newest `most` lines, or those before the line with the id `before`."""
    chosen = _chosen(asked) if before is None else _chosen(asked).where(AuditEntry.id < before)
    return [_line(entry) for entry in session.scalars(chosen.order_by(AuditEntry.id.desc()).limit(most))]


def every_line(session: Session, asked: Asked) -> Iterator[Line]:
    """All of them, a page in memory at a time."""
    before = None
    while page := lines(session, asked, before=before, most=1000):
        session.expunge_all()
        yield from page
        before = page[-1].id


def who(session: Session) -> list[str]:
    """Everybody the log names."""
    return list(session.scalars(select(AuditEntry.by).where(AuditEntry.by != "").distinct().order_by(AuditEntry.by)))


def _chosen(asked: Asked) -> Select[AuditEntry]:
    chosen = select(AuditEntry)
    if asked.by:
        chosen = chosen.where(AuditEntry.by == asked.by)
    if asked.subject:
        chosen = chosen.where(AuditEntry.subject == asked.subject)
    if asked.day:
        begin = datetime(asked.day.year, asked.day.month, asked.day.day, tzinfo=UTC)
        chosen = chosen.where(AuditEntry.at >= begin, AuditEntry.at < begin + timedelta(days=1))
    return chosen


def _line(entry: AuditEntry) -> Line:
    return Line(entry.id, entry.at, entry.by, entry.what, entry.subject, dict(entry.details))
