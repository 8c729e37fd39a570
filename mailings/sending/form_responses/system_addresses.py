"""System messages to an address that may be nobody's: the link that confirms what was sent with a form (domain.md J.4)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session

from mailings.clock import now
from mailings.content.system import language_of
from mailings.model import Delivery, DeliveryStatus, Mailing, Recipient, Verdict
from mailings.sending.form_responses import system_mailings
from mailings.sending.form_responses.system_messages import DAY, MOST, OPEN, SOON_AGAIN, WAITING, queue_again, verdict_of
from mailings.settings import Settings

WHICH = "confirm-submission"
REFUSED = (DeliveryStatus.FAILED, DeliveryStatus.CANCELLED)


def queue_confirmation(session: Session, address: str, about: tuple[int, str], settings: Settings) -> bool:
    """Queue the link that confirms a submission; `about` = its number, and the language it was filled in. True when it is on its way.

    True as well when one for it still waits, went out less than ten minutes ago, or the address got five today, whoever keeps writing it
    into forms. False where nobody may be written to there: blocked, complained. Raises Misconfigured where nobody is named as sender.
    """
    submission_id, language = about
    mailing = system_mailings.system_mailing(session, WHICH, language_of(language, settings.language), settings)
    if mailing.status not in OPEN:
        return False
    recipient = bare_recipient(session, mailing, address, settings)
    if recipient.verdict is not Verdict.ELIGIBLE:
        return False
    if not _on_its_way(_latest(session, submission_id)) and _today(session, address) < MOST:
        system_mailings.name_sender(session, mailing, settings)
        queue_again(session, recipient.id, submission_id)
    return True


def bare_recipient(session: Session, mailing: Mailing, address: str, settings: Settings) -> Recipient:
    """The address's row on the mailing, with today's verdict: nobody's, for whoever wrote it has not shown to be its owner yet."""
    bare = (Recipient.person_id.is_(None), Recipient.company_id.is_(None), Recipient.address == address)
    found = session.scalar(select(Recipient).where(Recipient.mailing_id == mailing.id, *bare))
    verdict = verdict_of(session, address, settings)
    if found is None:
        found = Recipient(mailing_id=mailing.id, address=address, verdict=verdict)
        session.add(found)
        session.flush()
    elif verdict is not found.verdict and verdict is not Verdict.ELIGIBLE:
        return Recipient(address=address, verdict=verdict)  # the row stays what it was: no figure moves back
    return found


def _latest(session: Session, submission_id: int) -> Row[DeliveryStatus, datetime | None] | None:
    rows = select(Delivery.status, Delivery.claimed_at).join(Recipient, Recipient.id == Delivery.recipient_id)
    rows = rows.join(Mailing, Mailing.id == Delivery.mailing_id).where(Delivery.submission_id == submission_id)
    return session.execute(rows.where(Mailing.name.in_(system_mailings.names())).order_by(Delivery.id.desc()).limit(1)).one_or_none()


def _on_its_way(latest: Row[DeliveryStatus, datetime | None] | None) -> bool:
    if latest is None:
        return False
    status, claimed_at = latest
    return status in WAITING or (status not in REFUSED and claimed_at is not None and claimed_at > now() - SOON_AGAIN)


def _today(session: Session, address: str) -> int:
    """Messages with such links that this address got today, and those that wait."""
    theirs = select(func.count(Delivery.id)).join(Recipient, Recipient.id == Delivery.recipient_id)
    theirs = theirs.join(Mailing, Mailing.id == Recipient.mailing_id).where(Mailing.name.in_(system_mailings.names()))
    theirs = theirs.where(Recipient.address == address, Recipient.person_id.is_(None), ~Delivery.test)
    recent = (Delivery.claimed_at > now() - DAY) | ((Delivery.claimed_at.is_(None)) & (Delivery.status == DeliveryStatus.QUEUED))
    return session.scalar(theirs.where(recent)) or 0
