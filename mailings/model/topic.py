"""A topic is what a mailing is about (subscription type). Opting out is a row; no row means subscribed (domain.md C.7)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from mailings.model.base import Base, Key

DEFAULT_TOPICS = ("Invitations", "News", "Promotions", "Urgent messages")


class Topic(Base):
    """A subscription type that people can opt out of."""

    __tablename__ = "topic"

    id: Mapped[Key]
    name: Mapped[str] = mapped_column(unique=True)
    description: Mapped[str] = mapped_column(default="")


class OptOut(Base):
    """A person does not take a topic. In force while `ended_at` is empty; ended by subscribing again, never deleted."""

    __tablename__ = "opt_out"
    __table_args__ = (
        Index(
            "uq_opt_out_in_force",
            "person_id",
            "topic_id",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    id: Mapped[Key]
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    topic_id: Mapped[int] = mapped_column(ForeignKey("topic.id"))
    since: Mapped[datetime]
    source: Mapped[str]
    ended_at: Mapped[datetime | None]
