"""A registered link: a tracked link kept apart from any mailing, to be used by many and counted over all of them (domain.md E.1)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Mapped, mapped_column

from mailings.model.base import Base, Key


class RegisteredLink(Base):
    """A link named once and used in any mailing as `[[ link.NAME ]]`. Deleted ones keep working for mail already sent."""

    __tablename__ = "registered_link"

    id: Mapped[Key]
    name: Mapped[str] = mapped_column(unique=True)
    url: Mapped[str]
    actions: Mapped[dict[str, Any]] = mapped_column(default=dict)  # domain.md E.3
    created_at: Mapped[datetime]
    created_by: Mapped[str | None]
    reset_at: Mapped[datetime | None]  # clicks before it count no more (E.6)
    deleted_at: Mapped[datetime | None]
