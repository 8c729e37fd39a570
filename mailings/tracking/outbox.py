"""The outbox: what clicks made that others should hear of, told one after another, marked when it is (domain.md D24)."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from mailings import clock
from mailings.db import among
from mailings.model import Outbox


def untold(session: Session, limit: int = 200) -> Sequence[Outbox]:
    """What nobody has heard of yet, the oldest first. A row told by a process that died before `told` is told again, under the same id."""
    return session.scalars(select(Outbox).where(Outbox.told_at.is_(None)).order_by(Outbox.id).limit(limit)).all()


def told(session: Session, ids: Collection[int]) -> None:
    """Others have heard of these."""
    session.execute(update(Outbox).where(among(session, Outbox.id, ids), Outbox.told_at.is_(None)).values(told_at=clock.now()))
