"""A folder mailings are kept in; folders nest (domain.md B.11)."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from mailings.model.base import Base, Key


class Folder(Base):
    """A folder. No parent = at the root. Written as a path: `2026/autumn`."""

    __tablename__ = "folder"
    __table_args__ = (
        UniqueConstraint("parent_id", "name"),
        # to a constraint no parent is unlike any other
        Index("ix_folder_root", "name", unique=True, sqlite_where=text("parent_id IS NULL"), postgresql_where=text("parent_id IS NULL")),
    )

    id: Mapped[Key]
    name: Mapped[str]
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("folder.id"))
