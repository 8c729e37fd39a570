"""The flood guard of forms: leaky buckets per address and per network, read from what was stored (domain.md G.3, vector i)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from mailings import clock
from mailings.model import Submission


@dataclass(frozen=True, slots=True)
class Leak:
    """So many at once, and one more each time `every` has passed."""

    most: int
    every: timedelta


PER_ADDRESS = Leak(2, timedelta(minutes=10))  #: of one form
PER_NETWORK = Leak(60, timedelta(seconds=10))  #: of one form; a whole office stands behind one


def flooded(session: Session, form_id: int, email: str | None, network: str | None) -> bool:
    """True when this address, or this network, has sent the form too often of late. To be asked while the form's row is held."""
    asked = [(Submission.email, email, PER_ADDRESS), (Submission.network, network, PER_NETWORK)]
    return any(_full(session, (Submission.form_id == form_id) & (column == value), leak) for column, value, leak in asked if value)


def _full(session: Session, theirs: ColumnElement[bool], leak: Leak) -> bool:
    since = clock.now() - leak.every * leak.most * 2
    latest = select(Submission.created_at).where(theirs, Submission.created_at > since).order_by(Submission.id.desc()).limit(leak.most * 3)
    return is_full(list(reversed(session.scalars(latest).all())), clock.now(), leak)


def is_full(moments: list[datetime], now: datetime, leak: Leak) -> bool:
    """True when one more now would be too many after those at `moments`, oldest first."""
    level, last = 0.0, now
    for number, moment in enumerate([*moments, now]):
        level = max(0.0, level - (moment - last) / leak.every) if number else 0.0
        level, last = level + 1, moment
    return level > leak.most + 1e-9
