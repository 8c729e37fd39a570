"""What all letters of a mailing share: its name and mark, its images, the alphabet they are sorted by."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from mailings.channels.email.identity import mark_of
from mailings.letter import File, Stack
from mailings.model import Mailing, MailingFile
from mailings.settings import Settings


def document_of(mailing: Mailing) -> Mapping[str, Any]:
    """What `document` in mailing.yaml says."""
    return dict(mailing.more.get("document") or {})


def language_of(mailing: Mailing, settings: Settings) -> str:
    """The language a letter's days and amounts are written in where its reader has none: the template's, else the installation's."""
    return str(document_of(mailing).get("language") or settings.language)


def stack_of(session: Session, mailing: Mailing, settings: Settings) -> Stack:
    """The mailing's stack of letters."""
    inline = select(MailingFile).where(MailingFile.mailing_id == mailing.id, MailingFile.inline).order_by(MailingFile.id)
    files = [File(file.name, file.content_type, file.data, inline=True) for file in session.scalars(inline)]
    return Stack(mailing.name, mark_of(mailing), files, language_of(mailing, settings))
