"""A lease: who is at work on a mailing right now. Only rows of a dead sender become in doubt."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from mailings.model.base import Base, Key


class LeaseRole(StrEnum):
    """What the holder may do."""

    CONDUCTOR = "conductor"  #: pick up, populate, close: one at a time for a mailing
    SENDER = "sender"  #: deliver: any number, each named on the rows it claims


class Lease(Base):
    """A process at work. Alive while renewed; a dead process on the same host is seen at once, else after 30 s."""

    __tablename__ = "lease"
    __table_args__ = (
        Index(
            "uq_lease_one_conductor",
            "mailing_id",
            unique=True,
            sqlite_where=text("role = 'conductor' AND ended_at IS NULL"),
            postgresql_where=text("role = 'conductor' AND ended_at IS NULL"),
        ),
        Index("ix_lease_mailing_id", "mailing_id"),
    )

    id: Mapped[Key]
    mailing_id: Mapped[int] = mapped_column(ForeignKey("mailing.id", ondelete="CASCADE"))
    role: Mapped[LeaseRole]
    host: Mapped[str]
    pid: Mapped[int]
    process_started: Mapped[int]  # tells a reused pid from the process that took the lease; clock ticks since boot
    taken_at: Mapped[datetime]
    renewed_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
