"""Figures of a mailing as people and programs read them: the status document of cli.md, and the report's first lines."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from mailings import clock
from mailings.model import Mailing, MailingStatus
from mailings.reports.cost import cost_of
from mailings.reports.document import Link, document_of
from mailings.reports.kept import figures_of, figures_of_all
from mailings.reports.seen import known
from mailings.reports.waiting import waiting_of
from mailings.sending.approval import approved
from mailings.sending.books import Books, books_of
from mailings.sending.soonest import waits
from mailings.settings import settings

__all__ = ["figures_of_all", "is_balanced", "report_of", "status_of"]

NOT_STARTED = (MailingStatus.DRAFT, MailingStatus.SCHEDULED, MailingStatus.POPULATING)
LINKS = """SELECT number, COALESCE(registered_link.url, tracked_link.url) AS url, COALESCE(tracked_link.name, '') AS name,
    tracked_link.deleted_at IS NOT NULL AS deleted FROM tracked_link LEFT JOIN registered_link ON registered_link.id = registered_id
    WHERE mailing_id = :mailing ORDER BY number"""


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
    if (approval := approved.latest(session, mailing)) is not None:
        document["approval"] = approved.told(approval)
    if mailing.status is MailingStatus.SCHEDULED and mailing.scheduled_at:
        document["scheduled_at"] = _iso(mailing.scheduled_at)
    return document


def is_balanced(mailing: Mailing, books: Books) -> bool:
    """The books balance; before anything is queued, nobody can be missing from them."""
    unstarted = mailing.status in NOT_STARTED or mailing.started_at is None
    return books.balanced or (unstarted and not any(books.deliveries.values()))


def report_of(session: Session, mailing: Mailing) -> dict[str, Any]:
    """The figures of `mailings report --json` (domain.md H.1), as of this moment: kept ones added up, or counted where they are not kept.

    Recipients count once each, by the latest message, and tests nowhere (D11). A click is an open too; what machines did stands beside
    what people did, and is not in it (D5). `counting_anew.freshen` beforehand makes the next looks quick.
    """
    links = [Link(row.number, row.url, row.name, bool(row.deleted)) for row in session.execute(text(LINKS), {"mailing": mailing.id})]
    cost = cost_of(session, mailing, settings())
    told = known(mailing.type.value, document_of(figures_of(session, mailing), links))
    return told | ({} if cost is None else {"cost": cost}) | {"as_of": _iso(clock.now())}


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds")
