"""Shows what one recipient would get. Nothing is sent, nothing is written; the links of a preview count nowhere (D22)."""

from __future__ import annotations

from sqlalchemy.orm import Session

from mailings.channels.email.compiling import compiled_of
from mailings.channels.email.rows import sample_row
from mailings.errors import NotFound
from mailings.model import Mailing
from mailings.settings import Settings, settings
from mailings.tokens import of_preview


def sample(session: Session, mailing: Mailing, address: str, chosen: Settings | None = None) -> tuple[str, str, str]:
    """Subject, HTML and text of a form response as its answer to a submission nobody sent. Raises BadTemplate, Unreadable."""
    compiled = compiled_of(session, mailing, chosen or settings())
    return compiled.plain(sample_row(compiled.row, address), of_preview(mailing.id))


def preview(session: Session, mailing: Mailing, recipient_id: int, chosen: Settings | None = None) -> tuple[str, str, str]:
    """Subject, HTML and text as the recipient would get them. Raises BadTemplate, Unreadable, or NotFound for no such recipient."""
    compiled = compiled_of(session, mailing, chosen or settings())
    row = session.execute(compiled.row.of_recipient(recipient_id)).first()
    if row is None:
        raise NotFound(f"{mailing.name} has no recipient number {recipient_id}.")
    return compiled.plain(row, of_preview(mailing.id))
