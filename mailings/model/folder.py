"""A folder mailings are kept in; folders nest (domain.md B.11)."""

from __future__ import annotations

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from mailings.model.base import Base, Key


class Folder(Base):
    """A folder. No parent = at the root. Written as a path: `2026/autumn`."""

    __tablename__ = "folder"
    __table_args__ = (UniqueConstraint("parent_id", "name"),)

    id: Mapped[Key]
    name: Mapped[str]
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("folder.id"))
