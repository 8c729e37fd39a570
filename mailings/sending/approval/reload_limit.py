"""How many may come to a mailing after it was begun, whom nobody approved: no more than need no approval."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from mailings.errors import NotAllowed
from mailings.model import Decision, Delivery, Mailing
from mailings.sending.approval import approved
from mailings.settings import Settings


def must_keep(session: Session, mailing: Mailing, new: int, settings: Settings) -> None:
    """After `new` people were queued who never had the mailing before. Raises NotAllowed where somebody would have had to approve them.

    Whoever came one by one counts alike: all who have it, without those it was approved for. The caller takes back what was queued.
    """
    if not new or not approved.asks(mailing, settings):
        return
    unapproved = max(new, _all(session, mailing) - _approved(session, mailing))
    if approved.needed(mailing, unapproved, settings):
        most = min(limit for limit in approved.limits(mailing, settings) if limit is not None)
        raise NotAllowed(
            f"{unapproved:,} who would have {mailing.name} then are not on a list that somebody approved, and more than {most:,} need"
            f" approval; send its like with: mailings copy {mailing.name} NEW"
        )


def _all(session: Session, mailing: Mailing) -> int:
    having = select(func.count(Delivery.recipient_id.distinct())).where(Delivery.mailing_id == mailing.id, ~Delivery.test)
    return session.scalar(having) or 0


def _approved(session: Session, mailing: Mailing) -> int:
    found = approved.latest(session, mailing)
    return found.eligible if found is not None and found.decision is Decision.APPROVED else 0
