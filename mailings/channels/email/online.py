"""A recipient's message as a web page: made anew from what is in the database, with the same tracked links (domain.md E.9)."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy.orm import Session

from mailings.channels.email.composing import CompiledEmail
from mailings.channels.email.rows import blank_row
from mailings.errors import NotFound
from mailings.letter import File
from mailings.model import Mailing
from mailings.tokens import of_preview


@dataclass(frozen=True, slots=True)
class Online:
    """A message to be read in a browser. `html` shows its inline images by itself."""

    subject: str
    html: str
    attachments: tuple[str, ...]  # their names


def online(session: Session, mailing: Mailing, delivery: int | None, compiled: CompiledEmail) -> Online:
    """The message of a delivery, with today's data; without one, a preview with nobody's data. Raises NotFound, Unreadable.

    `compiled` = the mailing compiled as a page.
    """
    if delivery is None:
        subject, html, _ = compiled.plain(blank_row(compiled.row), of_preview(mailing.id))
    else:
        row = session.execute(compiled.select, {"mailing_id": mailing.id, "low": delivery, "high": delivery}).first()
        if row is None:
            raise NotFound(f"{mailing.name} has no delivery number {delivery}.")
        subject, html, _ = compiled.plain(tuple(row), delivery)
    attachments = tuple(file.name for file in compiled.files if not file.inline)
    return Online(subject, with_images(html, compiled.files), attachments)


def with_images(html: str, files: Iterable[File]) -> str:
    """The inline images put into the page itself, for a browser knows no `cid:`."""
    shown = {file.name: f"data:{file.content_type};base64,{base64.b64encode(file.data).decode('ascii')}" for file in files if file.inline}
    return re.sub(r"""cid:([^"'\s)>]+)""", lambda found: shown.get(found[1], found[0]), html) if shown else html
