"""A bucket: how many messages may go out now. Kept in the database, so that processes share it and restarts do not refill it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from mailings.model.base import BIG, Base, Key


class Bucket(Base):
    """A limit and what is left of it: the upper half is what a person set, the lower what sending keeps.

    Named by what it holds for: `installation`, `transport:smtp`, `sender:news@acme.test`, `mailing:autumn-news`, `domain:gmail.com`
    (a recipient domain, or the domain of the provider its MX names).
    """

    __tablename__ = "bucket"
    __table_args__ = {"sqlite_autoincrement": True}  # a number is never given again: deliveries may still stand in its lane

    id: Mapped[Key]  # of a domain's bucket: the lane of its deliveries
    name: Mapped[str] = mapped_column(unique=True)
    per_minute: Mapped[float | None]  # the most messages a minute; None = no such limit
    burst: Mapped[int] = mapped_column(default=1)  # messages that may leave at once after a rest; at least 1
    quiet_from: Mapped[str | None]  # "21:00": from then until `quiet_until` nothing leaves, in `zone`
    quiet_until: Mapped[str | None]
    zone: Mapped[str] = mapped_column(default="UTC")  # of the quiet hours and of a ramp's days
    ramp_from: Mapped[str | None]  # "2026-11-22": warm-up; that day at most `ramp_first`, each day after `ramp_growth` times as many
    ramp_first: Mapped[int | None]
    ramp_growth: Mapped[float | None]

    next_free: Mapped[int] = mapped_column(BIG, default=0)  # the moment (ms) the next message may leave; ahead of now = reserved
    charged_at: Mapped[int | None] = mapped_column(BIG)  # when it was last written (ms); later than now = the clock was turned back since
    day: Mapped[str | None]  # the day `day_count` counts, in `zone`
    day_count: Mapped[int] = mapped_column(default=0)
    rate: Mapped[float | None]  # messages a minute now, while a provider has asked us to slow down
    rate_before: Mapped[float | None]  # what it was when it was slowed first: where it goes back to
    slowed_at: Mapped[datetime | None]  # the last time the rate was changed, down or up
