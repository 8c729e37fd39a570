"""A resend order: what one run of resend-mailing was asked for and came to, so that the same run, begun again, does not do it again."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from mailings.model.base import Base, Key


class ResendOrder(Base):
    """One order, carried out: written in the transaction that queues its messages. It names nobody."""

    __tablename__ = "resend_order"
    __table_args__ = (UniqueConstraint("mailing_id", "run"),)

    id: Mapped[Key]
    mailing_id: Mapped[int] = mapped_column(ForeignKey("mailing.id", ondelete="CASCADE"))
    run: Mapped[str]  # the id of Prefect's flow run; another run is another decision
    asked: Mapped[str]  # for people: `failed, unopened, 2 addresses`
    queued: Mapped[int]
    again: Mapped[int]  # of those queued, how many not for the first time
    left_out: Mapped[dict[str, Any]] = mapped_column(default=dict)  # verdict -> how many
    at: Mapped[datetime]
