"""When each text message of the last day left, and to which number: what the caps of text messages are counted from (domain.md G.3)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from mailings.model.base import BIG, Base


class TextSlot(Base):
    """A place among the text messages of 24 hours, taken before the message leaves. Kept two days, and only while a cap is set."""

    __tablename__ = "text_slot"
    __table_args__ = (Index("ix_text_slot_number_at", "number", "at"), Index("ix_text_slot_at", "at"))

    delivery_id: Mapped[int] = mapped_column(BIG, primary_key=True, autoincrement=False)  # no foreign key on the hot path
    number: Mapped[str]  # E.164
    at: Mapped[datetime]
