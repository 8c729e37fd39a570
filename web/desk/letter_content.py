"""What a document mailing says: its template as a letter with nobody's data, or its Word document by name."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from mailings.channels.document.sampling import on_screen, sample_of
from mailings.channels.document.stacking import document_of
from mailings.channels.document.word import SUFFIX, in_word
from mailings.channels.email.online import with_images
from mailings.errors import NotFound, Unreadable
from mailings.letter import File
from mailings.model import Mailing, MailingFile
from mailings.settings import Settings

#: what a letter may do within the frame: as when it is printed, nothing is fetched from anywhere
LETTER = (
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; font-src data:; form-action 'none'; base-uri 'none';"
    " frame-ancestors 'self'; sandbox"
)
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def letter_of(session: Session, mailing: Mailing, settings: Settings) -> dict[str, Any]:
    """What the page shows beside the letter: `word` = its template is a Word document; `trouble` = why it cannot be filled."""
    document = document_of(mailing)
    trouble = ""
    if not in_word(mailing):
        try:
            sample_of(session, mailing, settings)
        except Unreadable as error:
            trouble = str(error)
    return {
        "word": in_word(mailing),
        "template": str(document.get("template") or ""),
        "heading": str(document.get("heading") or ""),
        "attention": str((document.get("attention") or {}).get("text") or ""),
        "our_ref": str(document.get("our_ref") or ""),
        "sale": str(document.get("sale") or ""),
        "sort": str(document.get("sort") or "none"),
        "duplex": bool(document.get("duplex")),
        "trouble": trouble,
    }


def shown_letter(session: Session, mailing: Mailing, settings: Settings, images: Iterable[File]) -> str:
    """The letter for the frame; as it is written where it cannot be filled, and nothing where it is a Word document."""
    if in_word(mailing):
        return ""
    try:
        html = sample_of(session, mailing, settings)
    except Unreadable:
        html = mailing.html
    return on_screen(with_images(html, images))


def word_file(session: Session, mailing: Mailing) -> tuple[str, bytes]:
    """The template: its name and its bytes. Raises NotFound where it is no Word document."""
    found = select(MailingFile).where(MailingFile.mailing_id == mailing.id, MailingFile.inline.is_(False))
    file = session.scalar(found.where(MailingFile.name.ilike(f"%{SUFFIX}")).limit(1)) if in_word(mailing) else None
    if file is None:
        raise NotFound(f"The letters of {mailing.name} are not written in Word.")
    return file.name, file.data
