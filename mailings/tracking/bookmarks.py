"""How far something outside was read: the next look begins there."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from mailings.db import insert_into
from mailings.model import Bookmark


def bookmark(session: Session, name: str) -> datetime | None:
    """Where the last look ended; None before the first."""
    found = session.get(Bookmark, name)
    return found.at if found else None


def put_bookmark(session: Session, name: str, at: datetime) -> None:
    """The look is over, and everything until `at` is kept."""
    put = insert_into(session, Bookmark).values(name=name, at=at)
    session.execute(put.on_conflict_do_update(index_elements=["name"], set_={"at": at}))
