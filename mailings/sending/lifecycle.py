"""A mailing's way from draft to sent: every move people and runs make, each safe to repeat after an interruption."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from mailings import seams
from mailings.clock import now
from mailings.consent.taking_back import take_back
from mailings.errors import IllegalMove, NotAllowed
from mailings.model import Delivery, Mailing, MailingStatus, MailingType
from mailings.model.figure import stale
from mailings.planner import grown
from mailings.seams import Seam
from mailings.sending.approval import approved
from mailings.sending.limits.consumers import keep_known
from mailings.sending.limits.domains import any_limit, lane_of
from mailings.sending.limits.pacing import take_away_unset
from mailings.sending.rechecking import judge_again
from mailings.settings import settings

# one delivery for each eligible recipient that has none; a second time it adds nobody
DELIVERIES = (
    "INSERT INTO delivery (mailing_id, recipient_id, status, test, attempts, lane)"
    " SELECT mailing_id, id, 'queued', FALSE, 0, {lane} FROM recipient WHERE mailing_id = :mailing AND verdict = 'eligible'"
    " AND NOT EXISTS (SELECT 1 FROM delivery WHERE delivery.recipient_id = recipient.id AND NOT delivery.test) ORDER BY id"
)
CANCELLED = "the mailing was cancelled"
QUEUED = "mailing_id = :mailing AND status = 'queued' AND NOT test"
CANCEL = f"UPDATE delivery SET status = 'cancelled', reason = :why, next_attempt_at = NULL WHERE {QUEUED}"  # noqa: S608


def pick_up(mailing: Mailing) -> MailingStatus:
    """Take up the mailing where it stands: a draft begins populating, an interrupted sending goes on, what is sent stays sent.

    Raises IllegalMove for what is paused or cancelled, saying what may be done.
    """
    must_be_startable(mailing)
    if mailing.type is MailingType.FORM_RESPONSE and mailing.status is MailingStatus.DRAFT:
        raise IllegalMove(f"{mailing.name} is a form response that is not open yet; open it with: mailings send {mailing.name}")
    if mailing.status not in (MailingStatus.SENT, MailingStatus.SENDING):
        mailing.move("begin")
    return mailing.status


def must_be_startable(mailing: Mailing) -> None:
    """Raises IllegalMove for what is paused or cancelled, saying what may be done, and for a template."""
    if mailing.template:
        raise IllegalMove(only_copied(mailing))
    if mailing.awaits_approval:
        raise _awaits(mailing)
    if mailing.status is MailingStatus.PAUSED:
        why = f" ({mailing.held_reason})" if mailing.held_reason else ""
        raise IllegalMove(f"{mailing.name} is paused{why}; let it go on with: mailings resume {mailing.name}")
    if mailing.status is MailingStatus.CANCELLED and mailing.type is MailingType.FORM_RESPONSE:
        raise IllegalMove(f"{mailing.name} is closed; open it again with: mailings resume {mailing.name}")
    if mailing.status is MailingStatus.CANCELLED:
        raise IllegalMove(
            f"{mailing.name} is cancelled; send it after all with: mailings resend {mailing.name} --only cancelled,"
            f" or its like with: mailings copy {mailing.name} NEW"
        )


def only_copied(mailing: Mailing) -> str:
    """Why a template is not sent, for people."""
    return f"{mailing.name} is a template: it is only copied (mailings copy {mailing.name} NEW), never sent itself."


def refuse(session: Session, mailing: Mailing, why: str = "preflight found problems") -> None:
    """It is not fit to go: back to draft, nothing was sent; an approval it had counts no more."""
    mailing.move("refuse")
    mailing.scheduled_at = None
    approved.void(session, mailing, why)


def begin_sending(session: Session, mailing: Mailing) -> int:
    """Queue a delivery for every eligible recipient without one, and start; how many were queued.

    Raises NotAsApproved where somebody approved it and it is not that any more, NotAllowed where nobody was asked who had to be.
    """
    judge_again(session, mailing)
    approved.must_hold(session, mailing, settings())
    mailing.move("send")
    mailing.started_at = mailing.started_at or now()
    session.flush()
    seams.before(Seam.QUEUE)
    queued = session.execute(text(DELIVERIES.format(lane=lane(session))), {"mailing": mailing.id}).rowcount  # type: ignore[attr-defined]  # a cursor result
    seams.after(Seam.QUEUE)
    approved.begun(session, mailing)
    # untold, PostgreSQL sorts all that is left for each claim: 60 ms at 100,000, 110 at a million
    grown(session, Delivery.metadata.tables["delivery"], queued)
    return int(queued)


def lane(session: Session) -> str:
    """The SQL of a recipient's lane, for statements that queue deliveries of recipients; 0 while no recipient domain has a limit."""
    connection = session.connection()
    take_away_unset(connection)
    if not any_limit(connection):
        return "0"
    keep_known(connection)
    return lane_of("recipient.address", connection.dialect.name)


def schedule(mailing: Mailing, at: datetime) -> None:
    """Send later. A moment in the past means at once (domain.md B.8): the next run picks it up. Raises NotAllowed for a form response."""
    if mailing.type is MailingType.FORM_RESPONSE:
        open_it = f"open it with: mailings send {mailing.name}"
        raise NotAllowed(f"{mailing.name} is a form response, which goes to whoever sends its form whenever they do; {open_it}")
    mailing.move("schedule")
    mailing.scheduled_at = at


def unschedule(mailing: Mailing) -> None:
    """Back to draft."""
    mailing.move("unschedule")
    mailing.scheduled_at = None


def pause(mailing: Mailing, reason: str | None = None) -> None:
    """Stop handing over; what is in hand is finished. A reason means trouble held it; None that a person did."""
    mailing.move("pause")
    mailing.held_reason = reason


def resume(session: Session, mailing: Mailing) -> None:
    """Let a paused mailing go on with what is left (domain.md D17); a cancelled form response is opened again."""
    if mailing.type is MailingType.FORM_RESPONSE and mailing.status is MailingStatus.CANCELLED:
        open_response(session, mailing)
        return
    if mailing.awaits_approval:
        raise _awaits(mailing)
    mailing.move("resume")
    mailing.held_reason = None


def open_response(session: Session, mailing: Mailing) -> None:
    """From now on it is sent to whoever asks for it, one at a time. Raises NotAllowed for what is no form response."""
    if mailing.type is not MailingType.FORM_RESPONSE:
        raise NotAllowed(f"{mailing.name} is of type {mailing.type}; only a form response is opened.")
    stay_cancelled(session, mailing)
    mailing.move("open")
    mailing.started_at, mailing.finished_at, mailing.held_reason = mailing.started_at or now(), None, None


def cancel(session: Session, mailing: Mailing) -> int:
    """Stop it: what is queued becomes cancelled, what is in hand is finished; how many were cancelled. Nobody need approve it any more."""
    mailing.move("cancel")
    approved.void(session, mailing, CANCELLED)
    mailing.finished_at, mailing.held_reason, mailing.scheduled_at = now(), None, None
    session.flush()
    stale(session, [mailing.id])
    return cancel_queued(session, mailing)


def cancel_queued(session: Session, mailing: Mailing) -> int:
    """Cancel what is queued, with the reason on the row: a line of history each would double a big mailing's rows.

    What a resend queued and nobody tried is taken back: who received the mailing has received it, though its repetition was stopped.
    """
    taken_back = take_back(session, Delivery.mailing_id == mailing.id, CANCELLED)
    cancelled = session.execute(text(CANCEL), {"mailing": mailing.id, "why": CANCELLED}).rowcount  # type: ignore[attr-defined]  # a cursor result
    return int(cancelled) + taken_back


def stay_cancelled(session: Session, mailing: Mailing) -> None:
    """Of a cancelled mailing cancel what senders gave back since. Before it is opened again, or that would go out."""
    if mailing.status is MailingStatus.CANCELLED and cancel_queued(session, mailing):
        stale(session, [mailing.id])


def _awaits(mailing: Mailing) -> IllegalMove:
    return IllegalMove(f"{mailing.name} awaits approval; approve or decline it with: mailings approve {mailing.name}")
