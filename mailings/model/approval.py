"""An approval: a mailing's list and content laid before somebody, and what they said; who was on the list as it was laid before them."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from mailings.model.base import BIG, Base, Key


class Decision(StrEnum):
    """What was said to a mailing that asks for approval."""

    APPROVED = "approved"  #: it may be sent as it was shown
    DECLINED = "declined"  #: it is a draft again
    VOID = "void"  #: nobody need answer any more: it was cancelled, or what was approved had changed before it was sent


class Door(StrEnum):
    """Where it was said."""

    PREFECT = "prefect"
    DESK = "desk"
    CLI = "cli"


class Approval(Base):
    """One question and its answer, alike whichever door it was answered at. At most one of a mailing is unanswered."""

    __tablename__ = "approval"
    __table_args__ = (
        Index(
            "uq_approval_open",
            "mailing_id",
            unique=True,
            sqlite_where=text("decided_at IS NULL"),
            postgresql_where=text("decided_at IS NULL"),
        ),
    )

    id: Mapped[Key]
    mailing_id: Mapped[int] = mapped_column(ForeignKey("mailing.id", ondelete="CASCADE"), index=True)
    asked_at: Mapped[datetime]
    eligible: Mapped[int]  # recipients it would go to
    content_hash: Mapped[str]  # SHA-256 of everything that decides what a message says, in hexadecimal
    audience_hash: Mapped[str]  # SHA-256 of the marks of those it would go to, in the order of their ids
    warnings: Mapped[list[Any]] = mapped_column(default=list)  # sentences of preflight
    decision: Mapped[Decision | None]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None]  # a user's name, or what somebody wrote on Prefect's form
    door: Mapped[Door | None]
    comment: Mapped[str | None]  # theirs; of a void one the reason


class ApprovedRecipient(Base):
    """Somebody on the list as it was laid before somebody; gone when the mailing begins to be sent, or the answer was no."""

    __tablename__ = "approved_recipient"

    approval_id: Mapped[int] = mapped_column(ForeignKey("approval.id", ondelete="CASCADE"), primary_key=True)
    recipient_id: Mapped[int] = mapped_column(BIG, primary_key=True)
    mark: Mapped[int] = mapped_column(BIG)  # 63 bits of the HMAC of recipient and address: no address is kept twice
