"""Figures of a mailing as people and programs read them: the status document of cli.md, and the report's first lines."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from mailings.model import Mailing, MailingStatus
from mailings.reports.waiting import waiting_of
from mailings.sending.books import Books, books_of
from mailings.sending.opening import waits
from mailings.settings import settings

NOT_STARTED = (MailingStatus.DRAFT, MailingStatus.SCHEDULED, MailingStatus.POPULATING)
#: what recipients did with the latest message they got
MOVED = """SELECT count(COALESCE(opened_at, clicked_at)) AS opened, count(clicked_at) AS clicked,
    count(machine_opened_at) AS machine_opened, count(machine_clicked_at) AS machine_clicked,
    count(unsubscribed_at) AS unsubscribed, count(complained_at) AS complained
FROM delivery JOIN recipient ON recipient.id = delivery.recipient_id AND recipient.verdict = 'eligible'
WHERE delivery.mailing_id = :mailing AND NOT delivery.test AND NOT EXISTS
    (SELECT 1 FROM delivery later WHERE later.recipient_id = delivery.recipient_id AND later.id > delivery.id AND NOT later.test)"""
#: by way of those who clicked, who are few; clicks before their link was reset count no more (E.6)
CLICKS = """SELECT count(*) FROM delivery
JOIN event ON event.delivery_id = delivery.id AND event.kind = 'clicked' AND event.source = 'visit'
JOIN event_reading ON event_reading.event_id = event.id AND event_reading.machine IS NULL
LEFT JOIN tracked_link ON tracked_link.mailing_id = delivery.mailing_id AND tracked_link.number = event.link
LEFT JOIN registered_link ON registered_link.id = tracked_link.registered_id
WHERE delivery.mailing_id = :mailing AND delivery.clicked_at IS NOT NULL AND NOT delivery.test
    AND event.at > COALESCE(tracked_link.reset_at, 0) AND event.at > COALESCE(registered_link.reset_at, 0)"""
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
    """The figures of `mailings report --json` (domain.md H.1): recipients, each once by the latest message, and `clicks`, all of people.

    A click is an open too; what machines did stands beside what people did, and is not in it (D5). Tests are nowhere (D11).
    """
    books = books_of(session, mailing.id)
    left = {"sent": sum(books.deliveries[word] for word in LEFT_US), "failed": books.deliveries["failed"]}
    moved = session.execute(text(MOVED), {"mailing": mailing.id}).mappings().one()
    clicks = session.execute(text(CLICKS), {"mailing": mailing.id}).scalar_one()
    return left | {"opened": moved["opened"], "clicked": moved["clicked"], "clicks": clicks} | dict(moved)


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds")
