"""An upload: a list somebody at the desk brought, kept between looking it over and taking it in."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from mailings.model.base import Base, Key


class Upload(Base):
    """One file of one user; a later one of theirs takes its place, and it goes when it is taken in or too old."""

    __tablename__ = "upload"

    id: Mapped[Key]
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id", ondelete="CASCADE"), unique=True)
    name: Mapped[str]  # the file's, as people see it; never a path
    told: Mapped[dict[str, Any]] = mapped_column(default=dict)  # what looking it over said, then what taking it in came to
    data: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    created_at: Mapped[datetime]
