"""A row added whose name somebody else may be taking in the same moment."""

from __future__ import annotations

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from mailings.model.base import Base


def added(session: Session, row: Base) -> bool:
    """Add the row now. False where its name was taken between the look and the insert (PostgreSQL); the transaction goes on either way."""
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:
        return False
    return True
