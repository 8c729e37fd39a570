"""Whether a mailing needs approval, has it, and is still what was approved; and what becomes of an approval that came to nothing."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from mailings.clock import now
from mailings.errors import NotAllowed, NotAsApproved
from mailings.model import Approval, Decision, Mailing, MailingType
from mailings.sending.approval.approved_list import Marker, forget_marks, what_changed
from mailings.sending.approval.content_hash import content_hash
from mailings.sending.books import books_of
from mailings.settings import Settings

CONTENT = "its content, sender, options, files or links are not what they were then"


def needed(mailing: Mailing, eligible: int, settings: Settings) -> bool:
    """Whether somebody must approve the mailing before it goes to so many. A form response is sent to who asked for it: never."""
    if mailing.type is MailingType.FORM_RESPONSE:
        return False
    return any(limit is not None and eligible > limit for limit in limits(mailing, settings))


def latest(session: Session, mailing: Mailing) -> Approval | None:
    """The last question asked of the mailing, answered or not; None where nobody was ever asked."""
    return session.scalar(select(Approval).where(Approval.mailing_id == mailing.id).order_by(Approval.id.desc()).limit(1))


def given(session: Session, mailing: Mailing) -> Approval | None:
    """The approval the mailing may be sent by: its list is frozen, and somebody said yes to it."""
    found = latest(session, mailing) if mailing.frozen_at is not None else None
    return found if found is not None and found.decision is Decision.APPROVED else None


def must_hold(session: Session, mailing: Mailing, settings: Settings) -> None:
    """Just before it is sent: nobody who need approve it was passed over, and it is what they approved. Reads the whole list once.

    Raises NotAllowed where it needs an approval nobody gave, NotAsApproved where content or list have changed since.
    """
    approval = given(session, mailing)
    if approval is None:
        if asks(mailing, settings) and needed(mailing, books_of(session, mailing.id).eligible, settings):
            raise NotAllowed(
                f"{mailing.name} needs approval before it is sent, and nobody was asked; run it again: mailings send {mailing.name}"
            )
        return
    session.flush()
    if content_hash(session, mailing) != approval.content_hash:
        raise _changed(mailing, CONTENT)
    if (what := what_changed(session, approval, Marker(settings.secret.get_secret_value()))) is not None:
        raise _changed(mailing, what)


def void(session: Session, mailing: Mailing, why: str) -> None:
    """Before anything was sent: its approval, asked for or given, counts no more, its list is no longer frozen. The row stays, with why."""
    if mailing.frozen_at is None or mailing.started_at is not None:
        return
    mailing.frozen_at = None
    found = latest(session, mailing)
    if found is None or found.decision in (Decision.DECLINED, Decision.VOID):
        return
    found.decision, found.comment = Decision.VOID, why
    found.decided_at = found.decided_at or now()
    forget_marks(session, found)


def begun(session: Session, mailing: Mailing) -> None:
    """It is being sent: who was on the list when it was approved is told by its deliveries from now on."""
    if (approval := given(session, mailing)) is not None:
        forget_marks(session, approval)


def told(approval: Approval) -> dict[str, Any]:
    """For `status --json`: asked_at, eligible, decision (None while it is open), decided_at, by, door, comment."""
    return {
        "asked_at": _iso(approval.asked_at),
        "eligible": approval.eligible,
        "decision": approval.decision and str(approval.decision),
        "decided_at": approval.decided_at and _iso(approval.decided_at),
        "by": approval.decided_by,
        "door": approval.door and str(approval.door),
        "comment": approval.comment,
    }


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds")


def limits(mailing: Mailing, settings: Settings) -> tuple[int | None, int | None]:
    """How many need no approval: as the mailing says, and as the installation does; None = no limit of theirs."""
    return (mailing.approval or {}).get("above"), settings.approval_above


def asks(mailing: Mailing, settings: Settings) -> bool:
    """Whether there is any number from which on the mailing needs approval."""
    return any(limit is not None for limit in limits(mailing, settings))


def _changed(mailing: Mailing, what: str) -> NotAsApproved:
    return NotAsApproved(f"What was approved has changed: {what}. {mailing.name} is a draft again; look it over and send it anew.")
