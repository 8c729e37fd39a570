"""A sale: what a document mailing may name beside its project (domain.md B.4, D.7)."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from mailings.model.base import Base, Key


class Sale(Base):
    """A sale, found by its number. Its words are what the variables `sati`, `saam`, `sast` ... read."""

    __tablename__ = "sale"

    id: Mapped[Key]
    number: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str] = mapped_column(default="")
    description: Mapped[str] = mapped_column(default="")
    amount: Mapped[str] = mapped_column(default="")  # a decimal number as text: money is no floating point number
    currency: Mapped[str] = mapped_column(default="")
    day: Mapped[date | None]  # when it is, or is to be, closed
    status: Mapped[str] = mapped_column(default="")
    probability: Mapped[int | None]  # percent
    company_id: Mapped[int | None] = mapped_column(ForeignKey("company.id"), index=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"), index=True)
    created_at: Mapped[datetime]
