"""E-mail addresses of people, and how each address stands with us: bounces, blocks, complaints."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from mailings.model.base import Base, Key
from mailings.reported import BounceWhy


class Address(Base):
    """One e-mail address of a person. Validity is decided when it is written, never when a mailing is populated."""

    __tablename__ = "address"
    __table_args__ = (
        Index("ix_address_person_id_rank", "person_id", "rank"),
        Index("ix_address_normal", "normal"),
    )

    id: Mapped[Key]
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    rank: Mapped[int] = mapped_column(default=1)  # 1 = first; the first valid one is written to (domain.md C.2)
    written: Mapped[str]  # as it came in
    normal: Mapped[str]  # lower case, IDNA domain: the one key addresses are compared by
    valid: Mapped[bool]
    problem: Mapped[str | None]  # why it is not valid, as a sentence


class AddressStanding(Base):
    """What is known of an address apart from whose it is. No row = nothing against it. Outlives people and mailings."""

    __tablename__ = "address_standing"
    __table_args__ = tuple(
        Index(f"ix_address_standing_{c}", c, "normal", sqlite_where=text(f"{c} IS NOT NULL"), postgresql_where=text(f"{c} IS NOT NULL"))
        for c in ("blocked_at", "complained_at")
    )

    normal: Mapped[str] = mapped_column(primary_key=True)
    bounces: Mapped[int] = mapped_column(default=0)  # consecutive; domain.md I and D6
    last_bounce_at: Mapped[datetime | None]
    last_bounce_code: Mapped[str | None]
    last_bounce_reason: Mapped[str | None]
    last_bounce_why: Mapped[BounceWhy | None]
    blocked_at: Mapped[datetime | None]
    blocked_why: Mapped[str | None]
    stopped_at: Mapped[datetime | None]  # STOP was sent from the number: its owner's to take back, whatever else blocks it
    complained_at: Mapped[datetime | None]
    unsubscribed_at: Mapped[datetime | None]  # by its reader, where no person stands behind it: a bare address, a company's
    unsubscribed_source: Mapped[str | None]  # who told us so
    changed_at: Mapped[datetime | None]  # when we heard of the latest no; the moments above are when it was said, as others tell it
    cleared_at: Mapped[datetime | None]  # a person allowed it again: what bounced before does not count any more
