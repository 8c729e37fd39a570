"""A report's figures in the order people read them, and what the mailing is that they are of: what every form of it is made from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from mailings.model import Mailing, Topic
from mailings.reports.figures import report_of

#: rate -> what it is divided by
OF = {
    **dict.fromkeys(("open_rate", "click_rate", "unsubscribe_rate", "complaint_rate"), "of_delivered"),
    **dict.fromkeys(("bounce_rate", "hard_bounce_rate", "soft_bounce_rate"), "of_sent"),
}
LISTED = "SELECT count(*) FROM recipient WHERE mailing_id = :mailing AND verdict <> 'no_address'"


@dataclass(frozen=True, slots=True)
class About:
    """What a mailing is. `recipients` = how many rows `recipient_rows` has."""

    name: str
    subject: str
    sender: str
    type: str
    topic: str
    status: str
    started: datetime | None
    recipients: int


@dataclass(frozen=True, slots=True)
class Summary:
    """A report to be shown: `document` = what `report_of` returns and `started_at`; `language` = one of LANGUAGES."""

    about: About
    document: Mapping[str, Any]
    language: str = "en"


def summary_of(session: Session, mailing: Mailing, language: str = "en") -> Summary:
    """The mailing's report as things stand, to be written as a page or a workbook."""
    what = about(session, mailing)
    begun = {"started_at": what.started.isoformat(timespec="milliseconds") if what.started else None}
    return Summary(what, report_of(session, mailing) | begun, language)


def about(session: Session, mailing: Mailing) -> About:
    """What stands above a report."""
    topic = session.get(Topic, mailing.topic_id) if mailing.topic_id is not None else None
    address = mailing.sender.get("address")
    sender = " ".join(filter(None, (mailing.sender.get("name"), f"<{address}>" if address else "")))
    listed = session.execute(text(LISTED), {"mailing": mailing.id}).scalar_one()
    kind, status = mailing.type.value, mailing.status.value
    return About(mailing.name, mailing.subject, sender, kind, topic.name if topic else "", status, mailing.started_at, listed)
