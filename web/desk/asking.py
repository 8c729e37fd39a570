"""What the desk tells of approval: whether a mailing will ask for it, who was asked and what they said, how many wait."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from mailings.model import Approval, Mailing, MailingStatus, MailingType
from mailings.reports.listed import AWAITING
from mailings.sending.approval.approved import latest
from mailings.settings import Settings

BEFORE = (MailingStatus.DRAFT, MailingStatus.SCHEDULED)


@dataclass(frozen=True, slots=True)
class Asked:
    """The last time somebody was asked about a mailing, and what they said; `decision` None = nobody has said anything yet."""

    id: int
    at: datetime
    decision: str | None
    by: str
    door: str
    decided: datetime | None
    comment: str


def asked_of(session: Session, mailing: Mailing) -> Asked | None:
    """The last question and its answer; None where nobody was ever asked."""
    found = latest(session, mailing)
    return _told(found) if found else None


def _told(question: Approval) -> Asked:
    decision, door = question.decision and str(question.decision), str(question.door or "")
    return Asked(question.id, question.asked_at, decision, question.decided_by or "", door, question.decided_at, question.comment or "")


def asks_above(mailing: Mailing, settings: Settings) -> int | None:
    """To more recipients than this it will not go before somebody has approved it; None where it asks nobody, or is past asking."""
    if mailing.type is MailingType.FORM_RESPONSE or mailing.template or mailing.status not in BEFORE:
        return None
    limits = ((mailing.approval or {}).get("above"), settings.approval_above)
    return min((limit for limit in limits if limit is not None), default=None)


def how_many_wait(session: Session) -> int:
    """Mailings that wait for somebody's word."""
    return session.scalar(select(func.count()).select_from(Mailing).where(AWAITING)) or 0
