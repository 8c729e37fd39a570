"""System messages: what a person asked our pages for, queued as a form response in the same ledger, with no second way to send."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Select, func, literal, select, text, update
from sqlalchemy.orm import Session

from mailings import seams
from mailings.channels.email import address_of
from mailings.clock import milliseconds, now
from mailings.consent.rules import address_blocked, address_complained
from mailings.content.system import language_of
from mailings.model import Delivery, DeliveryStatus, Mailing, MailingStatus, Person, Recipient, Verdict
from mailings.seams import Seam
from mailings.sending import lifecycle
from mailings.sending.form_responses import system_mailings
from mailings.settings import Settings

SOON_AGAIN = timedelta(minutes=10)  # who asks again within this time has it, or is about to
DAY, MOST = timedelta(days=1), 5  # so many a day for one person, whoever keeps pressing the button
WAITING = (DeliveryStatus.QUEUED, DeliveryStatus.SENDING)
NOT_HANDED_OVER = (DeliveryStatus.QUEUED, DeliveryStatus.CANCELLED)
OPEN = (MailingStatus.SENDING, MailingStatus.PAUSED)
# due at once and not fresh: what is due is looked at anew, as it is claimed, for a block that came meanwhile
QUEUE = (
    "INSERT INTO delivery (mailing_id, recipient_id, status, test, attempts, lane, again_of, submission_id, next_attempt_at)"
    " SELECT mailing_id, id, 'queued', FALSE, 0, {lane}, CAST(:again AS BIGINT), CAST(:submission AS BIGINT), CAST(:now AS BIGINT)"
    " FROM recipient WHERE id = :recipient"
    " ON CONFLICT DO NOTHING"
)


def queue_system_message(session: Session, which: str, person_id: int, settings: Settings) -> bool:
    """Queue `which` (preferences-link, confirm-sign-up) for the person, in their language; True when it is on its way.

    True as well when one still waits, went out less than ten minutes ago, or five did today: nothing new is queued then. False where
    nobody may be written to: no such person, no valid address, blocked, complained; or the message was cancelled by a person of ours.
    Consent is not asked, for it is what they asked for themselves (domain.md J.5). Raises Misconfigured where nobody is named as sender.
    """
    person = session.scalar(select(Person).where(Person.id == person_id, Person.deleted_at.is_(None)).with_for_update(key_share=True))
    if person is None:
        return False
    mailing = system_mailings.system_mailing(session, which, language_of(person.language, settings.language), settings)
    if mailing.status not in OPEN:
        return False
    recipient = recipient_of(session, mailing, person_id, settings)
    if recipient is None:
        return False
    if not _has_it(session, recipient.id, person_id):
        system_mailings.name_sender(session, mailing, settings)
        queue_again(session, recipient.id)
    return True


def recipient_of(session: Session, mailing: Mailing, person_id: int, settings: Settings) -> Recipient | None:
    """The person's row on the mailing, with today's address and verdict; None when they may not be written to."""
    address = session.scalar(select(address_of().person).where(Person.id == person_id))
    verdict = verdict_of(session, address, settings)
    found = session.scalar(select(Recipient).where(Recipient.mailing_id == mailing.id, Recipient.person_id == person_id))
    if found is None:
        found = Recipient(mailing_id=mailing.id, person_id=person_id, address=address, verdict=verdict)
        session.add(found)
    elif verdict is Verdict.ELIGIBLE or not _served(session, found.id):
        _keep_address(session, found, address)
        found.address, found.verdict = address, verdict
    session.flush()
    return found if verdict is Verdict.ELIGIBLE else None


def verdict_of(session: Session, address: str | None, settings: Settings) -> Verdict:
    """Of the rules of domain.md C.5 those that hold for what somebody asked for: the address, and what stands against it."""
    if address is None:
        return Verdict.NO_ADDRESS
    blocked, complained = address_blocked(literal(address), settings.bounce_threshold), address_complained(literal(address))
    is_blocked, has_complained = session.execute(select(blocked, complained)).one()
    return Verdict.BLOCKED_ADDRESS if is_blocked else Verdict.COMPLAINED if has_complained else Verdict.ELIGIBLE


def _served(session: Session, recipient_id: int) -> bool:
    """True once something was handed over: then the row stays what it was, and no figure moves back."""
    asked = _deliveries(recipient_id).where(Delivery.status.not_in(NOT_HANDED_OVER)).limit(1)
    return session.scalar(asked) is not None


def _keep_address(session: Session, recipient: Recipient, address: str | None) -> None:
    """Attempts made so far keep the address they went to, before it is overwritten."""
    if recipient.address == address:
        return
    made = update(Delivery).where(Delivery.recipient_id == recipient.id, Delivery.address.is_(None), Delivery.status != WAITING[0])
    session.execute(made.values(address=recipient.address), execution_options={"synchronize_session": False})


def _has_it(session: Session, recipient_id: int, person_id: int) -> bool:
    """One still waits, went out a moment ago, or the person has had their share for today, of all system messages together."""
    latest = session.execute(
        select(Delivery.status, Delivery.claimed_at)
        .where(Delivery.recipient_id == recipient_id, ~Delivery.test)
        .order_by(Delivery.id.desc())
        .limit(1)
    ).one_or_none()
    if latest is not None and latest.status in WAITING:
        return True
    # what was refused did not arrive, so whoever asks again is not told to wait
    refused = latest is not None and latest.status in (DeliveryStatus.FAILED, DeliveryStatus.CANCELLED)
    if latest is not None and not refused and latest.claimed_at is not None and latest.claimed_at > now() - SOON_AGAIN:
        return True
    return _today(session, person_id) >= MOST


def _today(session: Session, person_id: int) -> int:
    theirs = (
        select(func.count(Delivery.id))
        .join(Recipient, Recipient.id == Delivery.recipient_id)
        .join(Mailing, Mailing.id == Recipient.mailing_id)
        .where(Recipient.person_id == person_id, Mailing.name.in_(system_mailings.names()))
        .where(~Delivery.test, Delivery.claimed_at > now() - DAY)
    )
    return session.scalar(theirs) or 0


def queue_again(session: Session, recipient_id: int, submission_id: int | None = None) -> None:
    """Queue a delivery for the recipient, behind the one they have; with the submission whose form it is about."""
    again = session.scalar(_deliveries(recipient_id).order_by(Delivery.id.desc()).limit(1))
    marks = {"recipient": recipient_id, "again": again, "submission": submission_id, "now": milliseconds()}
    seams.before(Seam.QUEUE)
    session.execute(text(QUEUE.format(lane=lifecycle.lane(session))), marks)
    seams.after(Seam.QUEUE)


def _deliveries(recipient_id: int) -> Select[int]:
    return select(Delivery.id).where(Delivery.recipient_id == recipient_id, ~Delivery.test)
