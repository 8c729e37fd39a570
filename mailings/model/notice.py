"""A notice: which trouble of a mailing the staff were written to about, and when, so that they are not told twice within the hour."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from mailings.model.base import Base, Key


class Notice(Base):
    """One trouble of one mailing, told last at `told_at`."""

    __tablename__ = "notice"
    __table_args__ = (UniqueConstraint("mailing_id", "trouble"),)

    id: Mapped[Key]
    mailing_id: Mapped[int] = mapped_column(ForeignKey("mailing.id", ondelete="CASCADE"))
    trouble: Mapped[str]  # SHA-256 of what happened and why, in hexadecimal
    told_at: Mapped[datetime]
