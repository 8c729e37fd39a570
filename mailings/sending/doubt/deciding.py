"""Decides for what nobody has spoken of: a policy or a person moves it out of doubt, in two statements whatever the number."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from mailings.clock import milliseconds
from mailings.model import DeliveryStatus, Mailing, MailingStatus
from mailings.sending import lifecycle
from mailings.sending.rechecking import cancel_forbidden, hold_still
from mailings.settings import Settings

POLICY = "policy"  # who decided, in the history; else the source's name, or the person's

DOUBT = "mailing_id = :mailing AND status = 'in_doubt' AND NOT test"
#: when it came into doubt
SINCE = (
    "COALESCE((SELECT max(note.at) FROM delivery_note note WHERE note.delivery_id = delivery.id AND note.what = 'in_doubt'),"
    " delivery.claimed_at, 0)"
)
LATEST = (
    "NOT EXISTS (SELECT 1 FROM delivery later"
    " WHERE later.recipient_id = delivery.recipient_id AND later.id > delivery.id AND NOT later.test)"
)
#: a policy sends a message again once: in doubt a second time, it is a person's to decide
NOT_AGAIN = (
    "NOT EXISTS (SELECT 1 FROM delivery_note note"  # noqa: S608  constants of this file
    f" WHERE note.delivery_id = delivery.id AND note.what = 'queued' AND note.by = '{POLICY}')"
)
#: those just told of: the line of history is written first, and says which rows move
TOLD = (
    "EXISTS (SELECT 1 FROM delivery_note note"
    " WHERE note.delivery_id = delivery.id AND note.at = :now AND note.what = :status AND note.by = :by)"
)
BECOMES = {
    DeliveryStatus.SENT: "sent_at = COALESCE(sent_at, claimed_at, :now), reason = NULL",
    DeliveryStatus.FAILED: "reason = :why",
    # as if never tried, so that its retries get a day of their own; due at once and not fresh: the keyset is past it
    DeliveryStatus.QUEUED: "next_attempt_at = :now, attempts = 0, claimed_at = NULL, lease_id = NULL, reason = NULL",
}


class Decision(NamedTuple):
    """What becomes of what is in doubt: sent, failed or queued; why and by whom; a policy only of what was so before `until` (ms)."""

    status: DeliveryStatus
    why: str
    by: str
    until: int | None = None


def decide(session: Session, mailing: Mailing, decision: Decision) -> tuple[int, int]:
    """Move what is in doubt on the mailing, each with a line of history; how many, and the moment it was done (ms)."""
    now = milliseconds()
    marks = {"mailing": mailing.id, "now": now, **_marks(decision)}
    which = " AND ".join([DOUBT, *_conditions(decision)])
    tell = f"INSERT INTO delivery_note (delivery_id, at, what, why, by) SELECT id, :now, :status, :why, :by FROM delivery WHERE {which}"  # noqa: S608  constants
    told = session.execute(text(tell), marks).rowcount  # type: ignore[attr-defined]  # a cursor result
    if not told:
        return 0, now
    move = f"UPDATE delivery SET status = :status, code = NULL, {BECOMES[decision.status]} WHERE {DOUBT} AND {TOLD}"  # noqa: S608  constants
    session.execute(text(move), marks)
    return int(told), now


def send_again(session: Session, mailing: Mailing, settings: Settings, decision: Decision) -> tuple[int, int]:
    """Queue what is in doubt, but nobody who may not get it any more; how many moved, and how many of them are to be sent.

    Hard blocks are checked always, consent unless the mailing overrides it (domain.md D10). A mailing that is sent is opened again; one
    that was cancelled only by a person: a policy does not begin what somebody stopped.
    """
    hold_still(session)
    lifecycle.stay_cancelled(session, mailing)
    moved, now = decide(session, mailing, decision)
    if not moved:
        return 0, 0
    cancel_forbidden(session, mailing.id, now, settings)
    if mailing.status is MailingStatus.CANCELLED and decision.by == POLICY:
        lifecycle.cancel_queued(session, mailing)
    marks = {"mailing": mailing.id, "now": now, **_marks(decision)}
    waiting = f"SELECT count(*) FROM delivery WHERE mailing_id = :mailing AND status = 'queued' AND next_attempt_at = :now AND {TOLD}"  # noqa: S608  constants
    queued = int(session.execute(text(waiting), marks).scalar_one())
    if queued and mailing.status in (MailingStatus.SENT, MailingStatus.CANCELLED):
        mailing.move("reopen")
        mailing.finished_at = None
    return moved, queued


def _marks(decision: Decision) -> dict[str, object]:
    return {**decision._asdict(), "status": decision.status.value}


def _conditions(decision: Decision) -> list[str]:
    """Others than evidence speak only for a recipient's latest message, where they would send one more or end it unasked."""
    found = [LATEST] if decision.by == POLICY or decision.status is DeliveryStatus.QUEUED else []
    if decision.until is not None:
        found.append(f"{SINCE} <= :until")
    if decision.by == POLICY and decision.status is DeliveryStatus.QUEUED:
        found.append(NOT_AGAIN)
    return found
