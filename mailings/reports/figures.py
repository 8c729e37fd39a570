"""Figures of a mailing as people and programs read them: the status document of cli.md, and the report's first lines."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from mailings.model import Mailing, MailingStatus
from mailings.reports.waiting import waiting_of
from mailings.sending.books import Books, books_of
from mailings.sending.opening import waits
from mailings.settings import settings

NOT_STARTED = (MailingStatus.DRAFT, MailingStatus.SCHEDULED, MailingStatus.POPULATING)
LEFT_US = ("sent", "delivered", "bounced")  # report figures are cumulative: what bounced was sent before (domain.md H.1)


def status_of(session: Session, mailing: Mailing) -> dict[str, Any]:
    """The document of `mailings status --json`: exclusive states, everyone once, tests nowhere (cli.md)."""
    books = books_of(session, mailing.id)
    document: dict[str, Any] = {
        "name": mailing.name,
        "status": str(mailing.status),
        "recipients": {"total": books.total, "eligible": books.eligible, "excluded": books.excluded},
        "deliveries": books.deliveries,
        "balanced": is_balanced(mailing, books),
    }
    if books.waiting:
        document |= waiting_of(session, mailing.id, settings().retry_deadline)
    if mailing.status is MailingStatus.SENDING and books.deliveries["queued"] and (limit := waits(session, mailing)):
        document["limited"] = limit
    if mailing.status is MailingStatus.PAUSED:
        document["reason"] = mailing.held_reason or "paused by a person"
    if mailing.status is MailingStatus.SCHEDULED and mailing.scheduled_at:
        document["scheduled_at"] = _iso(mailing.scheduled_at)
    return document


def is_balanced(mailing: Mailing, books: Books) -> bool:
    """The books balance; before anything is queued, nobody can be missing from them."""
    unstarted = mailing.status in NOT_STARTED or mailing.started_at is None
    return books.balanced or (unstarted and not any(books.deliveries.values()))


def report_of(session: Session, mailing: Mailing) -> dict[str, Any]:
    """The first figures of `mailings report --json`: how many left us, how many failed (domain.md H.1)."""
    books = books_of(session, mailing.id)
    return {"sent": sum(books.deliveries[word] for word in LEFT_US), "failed": books.deliveries["failed"]}


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds")
