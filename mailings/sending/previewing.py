"""A look at the message one recipient would get; nothing is sent, and nothing a reader does with it counts (domain.md B.10, D22)."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import case, or_, select
from sqlalchemy.orm import Session

from mailings.addresses import read_address
from mailings.audience.populate import populate
from mailings.audience.type_features import must_have
from mailings.channels import email
from mailings.channels.blanks import blank_for
from mailings.channels.email.online import with_images
from mailings.channels.sms.previewing import text_for as sms_text
from mailings.errors import BadAddress, NotFound
from mailings.letter import File
from mailings.model import Address, Mailing, MailingFile, MailingStatus, MailingType, Recipient, Verdict
from mailings.settings import Settings


@dataclass(frozen=True, slots=True)
class Preview:
    """One recipient's message, decoded, and whether they would get it (`verdict`). `html` shows its images by itself."""

    address: str
    verdict: Verdict
    subject: str
    html: str
    text: str


def preview(session: Session, mailing: Mailing, address: str) -> Preview:
    """The message for the recipient at `address`, with today's data. A draft's list is made first (domain.md D28).

    Raises BadAddress, NotFound for somebody who is not on the list, BadTemplate, and NotAllowed where there is no e-mail to show.
    """
    must_have(mailing, "preview")
    if mailing.type is MailingType.FORM_RESPONSE:
        shown = email.sample(session, mailing, address)
        return Preview(address, Verdict.ELIGIBLE, shown[0], with_images(shown[1], _images(session, mailing)), shown[2])
    if mailing.status in (MailingStatus.DRAFT, MailingStatus.SCHEDULED):
        populate(session, mailing, launch=False)
        session.flush()
    return preview_for(session, mailing, _recipient_at(session, mailing, address), address)


def preview_for(session: Session, mailing: Mailing, recipient: Recipient, address: str = "") -> Preview:
    """The message for one recipient of a list that is made: for whoever approves it, a text message too. Raises as `preview` does."""
    where = recipient.address or address
    if mailing.type is MailingType.SMS:
        return Preview(where, recipient.verdict, "", "", sms_text(session, mailing, recipient.id))
    if mailing.type is not MailingType.EMAIL:
        must_have(mailing, "preview")
    shown = email.preview(session, mailing, recipient.id)
    return Preview(where, recipient.verdict, shown[0], with_images(shown[1], _images(session, mailing)), shown[2])


def empty_for(session: Session, mailing: Mailing, recipient: Recipient, settings: Settings) -> list[str]:
    """The variables of the text that are empty for the recipient, with nothing to fall back on (domain.md B.10)."""
    return blank_for(session, email.compiled_of(session, mailing, settings).content, recipient.id)


def _recipient_at(session: Session, mailing: Mailing, address: str) -> Recipient:
    """Of several at one address the one who gets it; people whose address is not used here are found by any of theirs."""
    read = read_address(address)
    if read.normal is None:
        raise BadAddress(f"{address!r} is no e-mail address: {read.problem}")
    people = select(Address.person_id).where(Address.normal == read.normal)
    there = or_(Recipient.address == read.normal, Recipient.person_id.in_(people))
    first = case((Recipient.verdict == Verdict.ELIGIBLE, 0), else_=1)
    found = session.scalar(select(Recipient).where(Recipient.mailing_id == mailing.id, there).order_by(first, Recipient.id).limit(1))
    if found is None:
        raise NotFound(f"{read.normal} is not on the list of {mailing.name}; why, says: mailings explain {mailing.name} {read.normal}")
    return found


def _images(session: Session, mailing: Mailing) -> list[File]:
    found = session.scalars(select(MailingFile).where(MailingFile.mailing_id == mailing.id, MailingFile.inline))
    return [File(file.name, file.content_type, file.data, inline=True) for file in found]
