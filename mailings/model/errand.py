"""Errands: what a click sets going. What was done for it, the follow-ups and requests it made, and the outbox that tells others."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from mailings.model.base import BIG, Base, Key


class Errand(Base):
    """The actions of one click on a link that has any: waiting until `due_at`, then done, with what came of it (domain.md E.3)."""

    __tablename__ = "errand"
    __table_args__ = (
        Index("ix_errand_waiting", "due_at", sqlite_where=text("done_at IS NULL"), postgresql_where=text("done_at IS NULL")),
        Index("ix_errand_delivery_id", "delivery_id"),
        # whatever else goes wrong: a follow-up is made once for a link of a message (domain.md D14)
        Index("uq_errand_first", "delivery_id", "link", unique=True, sqlite_where=text("first"), postgresql_where=text("first")),
    )

    id: Mapped[Key]
    event_id: Mapped[int] = mapped_column(BIG, unique=True)
    mailing_id: Mapped[int] = mapped_column(BIG)
    delivery_id: Mapped[int] = mapped_column(BIG)
    link: Mapped[int]
    due_at: Mapped[datetime]  # a little after the click, when it can be told from a machine's
    done_at: Mapped[datetime | None]
    first: Mapped[bool] = mapped_column(default=False)  # the click its link's follow-up, request and script were done for
    outcome: Mapped[str | None]  # what was done, or why nothing was, as a sentence


class FollowUp(Base):
    """A to-do or a meeting with a person, made by a click (domain.md E.3)."""

    __tablename__ = "follow_up"

    id: Mapped[Key]
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str]  # to-do, meeting
    description: Mapped[str]
    task_type: Mapped[str] = mapped_column(default="")
    project_id: Mapped[int | None] = mapped_column(ForeignKey("project.id"))
    assigned_to_id: Mapped[int | None] = mapped_column(ForeignKey("associate.id"))
    created_by: Mapped[str | None]
    starts_at: Mapped[datetime]
    minutes: Mapped[int]
    event_id: Mapped[int | None] = mapped_column(BIG)  # the click
    created_at: Mapped[datetime]


class Request(Base):
    """A request (ticket) of a person, made by a click or a form (domain.md E.3, J.5)."""

    __tablename__ = "request"

    id: Mapped[Key]
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    title: Mapped[str]
    priority: Mapped[str] = mapped_column(default="")
    category: Mapped[str] = mapped_column(default="")
    message: Mapped[str] = mapped_column(default="", server_default="")  # what a form was filled in with, as lines
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("associate.id"))  # None = unassigned
    origin: Mapped[int]  # 9 = eMarketing, 12 = form
    event_id: Mapped[int | None] = mapped_column(BIG)
    submission_id: Mapped[int | None] = mapped_column(BIG)  # the submission it was made of
    created_at: Mapped[datetime]


class Outbox(Base):
    """Something others should hear of: written with what it is about, told afterwards (domain.md D24)."""

    __tablename__ = "outbox"
    __table_args__ = (
        Index("ix_outbox_untold", "id", sqlite_where=text("told_at IS NULL"), postgresql_where=text("told_at IS NULL")),
        {"sqlite_autoincrement": True},  # what is told is known by its number
    )

    id: Mapped[Key]
    what: Mapped[str]  # follow_up, request
    subject_id: Mapped[int] = mapped_column(BIG)  # the row it is about
    payload: Mapped[dict[str, Any]]  # names nobody: numbers and words, no addresses
    created_at: Mapped[datetime]
    told_at: Mapped[datetime | None]
