"""An event: a report of a provider or a visit of a reader, kept as it came; and how it is read, which may be decided again."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from mailings.model.base import BIG, Base, Key
from mailings.reported import BounceKind, BounceWhy, EventKind

VISIT = "visit"  #: the source of what our own door saw; every other source is a provider's name


class Event(Base):
    """One thing that happened. Never changed, only blanked when its person is erased (domain.md D30).

    No foreign keys: reports may name deliveries we do not know, and a check a row would cost the door a third of its rate.
    """

    __tablename__ = "event"
    __table_args__ = (
        Index("ix_event_delivery_id", "delivery_id"),
        Index(
            "ix_event_mailing_id_link",
            "mailing_id",
            "link",
            sqlite_where=text("link IS NOT NULL"),
            postgresql_where=text("link IS NOT NULL"),
        ),
        Index("ix_event_address", "address", sqlite_where=text("address IS NOT NULL"), postgresql_where=text("address IS NOT NULL")),
        Index(
            "uq_event_provider_key",
            "provider_key",
            unique=True,
            sqlite_where=text("provider_key IS NOT NULL"),
            postgresql_where=text("provider_key IS NOT NULL"),
        ),
        Index(
            "uq_event_content_key",
            "content_key",
            unique=True,
            sqlite_where=text("content_key IS NOT NULL"),
            postgresql_where=text("content_key IS NOT NULL"),
        ),
        {"sqlite_autoincrement": True},  # errands and readings go by its number
    )

    id: Mapped[Key]
    at: Mapped[datetime]  # when it happened, as its source says
    received_at: Mapped[datetime]
    kind: Mapped[EventKind]
    source: Mapped[str]  # "visit", or the transport that reported it
    mailing_id: Mapped[int | None] = mapped_column(BIG)
    delivery_id: Mapped[int | None] = mapped_column(BIG)  # None = nothing we sent, as far as we know
    link: Mapped[int | None]  # a click: the link's number; 0 = the trap that only machines follow
    url: Mapped[str | None]  # where it led, for links without a number
    method: Mapped[str | None]  # of a visit, where it was not GET
    agent: Mapped[str | None]  # at most 1,024 characters
    network: Mapped[str | None]  # of the visitor: an IPv4 address cut to /24, an IPv6 one to /48
    address: Mapped[str | None]  # normal; reports only
    code: Mapped[str | None]
    reason: Mapped[str | None]
    bounce: Mapped[BounceKind | None]
    bounce_why: Mapped[BounceWhy | None]
    provider_key: Mapped[str | None]  # the provider's own id of the event
    content_key: Mapped[str | None]  # made of what the event says, for providers that change their id when they repeat it
    original: Mapped[dict[str, Any] | None]  # as it came; reports only


class EventReading(Base):
    """How a visit is read: a person or a machine, the first of its kind or another. Replaced when it is read again."""

    __tablename__ = "event_reading"

    event_id: Mapped[int] = mapped_column(BIG, ForeignKey("event.id", ondelete="CASCADE"), primary_key=True, autoincrement=False)
    version: Mapped[int]  # of the rules it was read by
    machine: Mapped[str | None]  # why it was a machine's; None = a person's
    first: Mapped[bool]  # the first of a person: opening this message, or clicking this link of it


class Bookmark(Base):
    """How far something outside was read, so that the next look begins there."""

    __tablename__ = "bookmark"

    name: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    place: Mapped[str | None]  # where, in what goes by numbers and not by time


class ReadMail(Base):
    """A message of a mailbox that was read and kept: whoever else moves or marks it there, it is not read again."""

    __tablename__ = "read_mail"

    mailbox: Mapped[str] = mapped_column(primary_key=True)  # as the setting has it, without a password
    name: Mapped[str] = mapped_column(primary_key=True)  # its name there, without what mail programs change
