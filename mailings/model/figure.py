"""A figure: a number of one mailing, kept as it changes, so that a report adds up rows instead of reading a million."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from mailings.model.base import Base, Key


class Figure(Base):
    """So many more, or fewer, of `what` under `key`. The figure is the sum of its rows: nobody who adds one waits for another."""

    __tablename__ = "figure"
    __table_args__ = (Index("ix_figure_mailing_id_what_key", "mailing_id", "what", "key"), {"sqlite_autoincrement": True})

    id: Mapped[Key]
    mailing_id: Mapped[int] = mapped_column(ForeignKey("mailing.id", ondelete="CASCADE"))
    what: Mapped[str]  # what is counted: opened, clicks, link clickers, ... (mailings/tracking/tally.py names them all)
    key: Mapped[str] = mapped_column(default="")  # of what: a link's number, a domain, an hour; empty where there is one only
    n: Mapped[int]
