"""How much a document mailing comes to before it is printed: letters, sheets at the least, and how many go abroad."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from mailings.channels.document.stacking import document_of
from mailings.content.postal import EMPTY, smart
from mailings.content.variables import joined
from mailings.model import Mailing, Recipient, Verdict
from mailings.readable import counted
from mailings.settings import Settings


def amount(session: Session, mailing: Mailing, settings: Settings) -> Iterator[str]:
    """Nothing is laid out for it: that a letter is longer than a sheet shows only when it is printed."""
    country = smart().country
    eligible = Recipient.mailing_id == mailing.id, Recipient.verdict == Verdict.ELIGIBLE
    elsewhere = case((country.not_in((EMPTY, settings.default_country)), 1), else_=0)
    columns: list[Any] = [func.count(), func.sum(elsewhere)]
    asked = select(*columns).select_from(Recipient)
    letters, abroad = session.execute(joined(asked, (country,)).where(*eligible)).one()
    if not letters:
        return
    sheets = "each on a sheet of its own or more" if document_of(mailing).get("duplex") else "a sheet each or more"
    going = f"; {abroad:,} to other countries" if abroad else ""
    yield f"{counted(letters, 'letter')}, {sheets}{going}."
