"""Double opt-in: a submission waits for the press of a button behind a link that holds half an hour; then it counts (domain.md J.4)."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from mailings import clock
from mailings.forms.processing import by_itself
from mailings.model import Delivery, Form, Submission, SubmissionStatus
from mailings.sending.form_responses.system_addresses import queue_confirmation
from mailings.settings import Settings
from mailings.tokens import Token


class Confirmed(StrEnum):
    """What the press of the button did."""

    DONE = "done"  #: it counts now, or did before
    EXPIRED = "expired"  #: the link is too old; a fresh one may be asked for
    GONE = "gone"  #: the submission is deleted


def expired(said: Token, settings: Settings) -> bool:
    """True when the link is older than MAILINGS_CONFIRM_MINUTES; in the last minute it still holds."""
    return said.minute is None or int(clock.timestamp() // 60) - said.minute > settings.confirm_minutes


def submission_of(session: Session, said: Token) -> Submission | None:
    """The submission a link is about, by the delivery its token carries; None when it is deleted, and for previews."""
    number = _number(session, said)
    return session.get(Submission, number) if number is not None else None


def confirm(session: Session, said: Token, settings: Settings) -> Confirmed:
    """The button was pressed (POST; a GET never does this, D21): the submission counts, and is processed where that is done by itself."""
    found = select(Submission).where(Submission.id == _number(session, said)).with_for_update()
    submission = session.scalar(found.execution_options(populate_existing=True))
    if submission is None:
        return Confirmed.GONE
    if submission.status is not SubmissionStatus.UNCONFIRMED:
        return Confirmed.DONE
    if expired(said, settings):
        return Confirmed.EXPIRED
    submission.status, submission.confirmed_at = SubmissionStatus.SUBMITTED, clock.now()
    session.flush()
    by_itself(session, session.get_one(Form, submission.form_id), submission, settings)
    return Confirmed.DONE


def fresh_link(session: Session, said: Token, settings: Settings) -> None:
    """Send another link for the submission, bounded as all system messages are; the page says the same whether one was sent."""
    submission = submission_of(session, said)
    if submission is not None and submission.status is SubmissionStatus.UNCONFIRMED:
        ask_to_confirm(session, submission, settings)


def ask_to_confirm(session: Session, submission: Submission, settings: Settings) -> bool:
    """Queue the message with the link to whoever's address was written; False where nobody may be written to. Raises Misconfigured."""
    if submission.email is None:
        return False
    return queue_confirmation(session, submission.email, (submission.id, submission.language), settings)


def _number(session: Session, said: Token) -> int | None:
    return session.scalar(select(Delivery.submission_id).where(Delivery.id == said.delivery)) if said.delivery is not None else None
