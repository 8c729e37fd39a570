"""Takes ids ahead of inserting, so that thousands of rows and what belongs to them go in with a few statements and no reading back."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from mailings.model import Base


def take_ids(session: Session, table: type[Base], count: int) -> Sequence[int]:
    """`count` ids for new rows of the table, in a transaction that writes."""
    if session.get_bind().dialect.name == "sqlite":  # one writer at a time: the next numbers are ours until it commits
        last = session.scalar(select(func.max(table.__table__.c.id))) or 0
        return range(last + 1, last + count + 1)
    sequence = text("SELECT nextval(pg_get_serial_sequence(:name, 'id')) FROM generate_series(1, :count)")
    return list(session.scalars(sequence, {"name": table.__tablename__, "count": count}))
