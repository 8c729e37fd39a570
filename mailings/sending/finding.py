"""Finds a mailing by its name."""

from __future__ import annotations

from difflib import get_close_matches

from sqlalchemy import select
from sqlalchemy.orm import Session

from mailings.errors import NotFound
from mailings.model import Mailing


def mailing_named(session: Session, name: str, *, locked: bool = False) -> Mailing:
    """The mailing of that name; `locked` = nobody else moves it until this transaction ends. Raises NotFound with the nearest names."""
    asked = select(Mailing).where(Mailing.name == name)
    found = session.scalar(asked.with_for_update() if locked else asked)
    if found is None:
        near = get_close_matches(name, session.scalars(select(Mailing.name)).all(), 3)
        hint = f"did you mean {' or '.join(near)}?" if near else "look at: mailings list"
        raise NotFound(f"There is no mailing named {name!r}; {hint}")
    return found
