"""Evidence: what somebody else says became of a delivery. What is in doubt is settled by it, never by a guess."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from mailings.model.base import Base, Key
from mailings.model.delivery import DeliveryStatus


class Evidence(Base):
    """One thing one source says of one delivery. Read again, it is the same row."""

    __tablename__ = "evidence"
    __table_args__ = (
        UniqueConstraint("delivery_id", "source", "verdict"),
        # two who settle at the same moment take one message for one delivery
        Index(
            "uq_evidence_name",
            "source",
            "name",
            unique=True,
            sqlite_where=text("name IS NOT NULL"),
            postgresql_where=text("name IS NOT NULL"),
        ),
    )

    id: Mapped[Key]
    delivery_id: Mapped[int] = mapped_column(ForeignKey("delivery.id", ondelete="CASCADE"))
    at: Mapped[datetime]  # when it was found
    verdict: Mapped[DeliveryStatus]  # sent, delivered, bounced or failed
    source: Mapped[str]  # who says so: "delivery report", "postfix log"
    said: Mapped[str]  # their own words, cut to 400 characters
    name: Mapped[str | None]  # the provider's own of the message, with the first word of it
