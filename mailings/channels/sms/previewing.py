"""A look at one recipient's text message, as it would be sent today."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from mailings.channels.sms.compiling import columns_of, compiled_of
from mailings.content.variables import joined
from mailings.model import Mailing, Recipient
from mailings.settings import settings


def text_for(session: Session, mailing: Mailing, recipient_id: int) -> str:
    """The words of a recipient's message. Raises BadTemplate with its place, and Unreadable where it cannot be put together."""
    compiled = compiled_of(session, mailing, settings())
    columns = list(columns_of(compiled.words).values())
    asked = joined(select(Recipient.id, *columns).select_from(Recipient), columns).where(Recipient.id == recipient_id)
    return compiled.said(session.execute(asked).one()[1:])
