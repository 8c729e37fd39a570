"""A bucket: how many messages may go out now. Kept in the database, so that processes share it and restarts do not refill it."""

from __future__ import annotations

from sqlalchemy.orm import Mapped, mapped_column

from mailings.model.base import BIG, Base


class Bucket(Base):
    """A bucket. `next_free` = the moment (milliseconds) the next message may leave; it runs ahead when tokens are reserved."""

    __tablename__ = "bucket"

    name: Mapped[str] = mapped_column(primary_key=True)  # installation, mailing:autumn-news
    per_minute: Mapped[float]
    next_free: Mapped[int] = mapped_column(BIG, default=0)
