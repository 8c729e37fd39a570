"""Form responses: opened when they are fit to go, and queued for whoever sent a form, when that is processed (domain.md J.5)."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from mailings.channels import Findings
from mailings.errors import NotAllowed
from mailings.model import Delivery, Mailing, MailingStatus, MailingType, Person, Recipient, Submission, Verdict
from mailings.sending import lifecycle
from mailings.sending.dns import spf
from mailings.sending.form_responses.system_addresses import bare_recipient
from mailings.sending.form_responses.system_messages import queue_again, recipient_of
from mailings.sending.preflight import check
from mailings.settings import Settings, settings


def open_if_fit(session: Session, mailing: Mailing, settings: Settings, answers: Sequence[spf.Answer]) -> Findings:
    """Look a form response over and open it where nothing is to be mended; what was found. One that is open is only looked over.

    `answers` as in `preflight.check`. Raises NotAllowed for what is no form response, and for a template.
    """
    if mailing.template:
        raise NotAllowed(lifecycle.only_copied(mailing))
    found = check(session, mailing, settings, answers)
    if not found.problems and mailing.status is not MailingStatus.SENDING:
        lifecycle.open_response(session, mailing)
    return found


def queue_response(session: Session, mailing: Mailing, submission: Submission) -> int | None:
    """Queue the mailing for whoever the submission was processed for; the number of its delivery, the same one however often asked.

    None where nobody may be written to: no valid address, blocked, complained, erased; or the mailing is cancelled. Consent and topics
    are not asked, for it answers what they sent (domain.md J.5). One that is paused, or not open yet, keeps it waiting. Raises NotAllowed
    for a mailing that is no form response.
    """
    if mailing.type is not MailingType.FORM_RESPONSE:
        raise NotAllowed(f"{mailing.name} is of type {mailing.type}; a form is answered by one of type form_response.")
    recipient = _recipient(session, mailing, submission)
    if (there := _queued(session, mailing, submission)) is not None:
        return there
    if recipient is None or recipient.verdict is not Verdict.ELIGIBLE or mailing.status is MailingStatus.CANCELLED:
        return None
    queue_again(session, recipient.id, submission.id)
    return _queued(session, mailing, submission)


def _recipient(session: Session, mailing: Mailing, submission: Submission) -> Recipient | None:
    """Their row on the mailing. Who asks for it waits here for the other: a further message stands behind one other and no more."""
    if submission.person_id is None:
        session.scalar(select(Mailing.id).where(Mailing.id == mailing.id).with_for_update(key_share=True))
        return bare_recipient(session, mailing, submission.email, settings()) if submission.email else None
    held = select(Person.id).where(Person.id == submission.person_id, Person.deleted_at.is_(None)).with_for_update(key_share=True)
    return recipient_of(session, mailing, submission.person_id, settings()) if session.scalar(held) is not None else None


def _queued(session: Session, mailing: Mailing, submission: Submission) -> int | None:
    theirs = (Delivery.submission_id == submission.id, Delivery.mailing_id == mailing.id, ~Delivery.test)
    return session.scalar(select(func.min(Delivery.id)).where(*theirs))
