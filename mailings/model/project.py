"""A project and its members: a way of naming many people."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from mailings.model.base import Base, Key


class Project(Base):
    """A project; all its members become recipients of a mailing linked to it (domain.md C.3)."""

    __tablename__ = "project"

    id: Mapped[Key]
    name: Mapped[str] = mapped_column(unique=True)
    number: Mapped[str] = mapped_column(default="", server_default="")  # what letters may name of it (domain.md D.7: pnum, ptyp, psta, ...)
    kind: Mapped[str] = mapped_column(default="", server_default="")
    status: Mapped[str] = mapped_column(default="", server_default="")
    leader: Mapped[str] = mapped_column(default="", server_default="")
    ends_on: Mapped[date | None]
    created_at: Mapped[datetime]


class ProjectMember(Base):
    """A person takes part in a project."""

    __tablename__ = "project_member"
    __table_args__ = (UniqueConstraint("project_id", "person_id"),)

    id: Mapped[Key]
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id", ondelete="CASCADE"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
