"""A delivery: one message for one recipient and what became of it. News only moves it forward."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from mailings.model.base import BIG, Base, Key
from mailings.reported import BounceKind, BounceWhy


class DeliveryStatus(StrEnum):
    """What became of one message. Opened, clicked, complained are events with stamps, not statuses."""

    QUEUED = "queued"  #: waits to be claimed, or for its next attempt
    SENDING = "sending"  #: claimed by a live sender; committed before anything goes out
    SENT = "sent"  #: a server took it
    DELIVERED = "delivered"  #: a provider says it arrived
    BOUNCED = "bounced"  #: it came back
    FAILED = "failed"  #: refused for good, or given up
    IN_DOUBT = "in_doubt"  #: handed over without an answer, or the run died in between; never sent again by itself
    CANCELLED = "cancelled"  #: withdrawn before it went out, with the reason


#: Our own moves, strict: status -> statuses it may become by something *we* do.
OUR_MOVES: dict[DeliveryStatus, frozenset[DeliveryStatus]] = {
    DeliveryStatus.QUEUED: frozenset({DeliveryStatus.SENDING, DeliveryStatus.CANCELLED, DeliveryStatus.FAILED}),
    DeliveryStatus.SENDING: frozenset({DeliveryStatus.SENT, DeliveryStatus.FAILED, DeliveryStatus.IN_DOUBT, DeliveryStatus.QUEUED}),
    DeliveryStatus.IN_DOUBT: frozenset(
        {DeliveryStatus.SENT, DeliveryStatus.DELIVERED, DeliveryStatus.BOUNCED, DeliveryStatus.FAILED, DeliveryStatus.QUEUED}
    ),  # settled by evidence, policy or a person
    DeliveryStatus.SENT: frozenset(),
    DeliveryStatus.DELIVERED: frozenset(),
    DeliveryStatus.BOUNCED: frozenset(),
    DeliveryStatus.FAILED: frozenset(),
    DeliveryStatus.CANCELLED: frozenset(),
}


class Delivery(Base):
    """One message for one recipient. Times of the normal path are stamps on the row; what departs from it gets a DeliveryNote."""

    __tablename__ = "delivery"
    __table_args__ = (
        Index("ix_delivery_mailing_id", "mailing_id"),  # with the rowid or (mailing, id): the keyset of fresh claims
        Index("ix_delivery_recipient_id", "recipient_id"),
        # no status in the predicates: on PostgreSQL that would cost every status change its HOT update
        Index(
            "ix_delivery_due",
            "mailing_id",
            "lane",
            "next_attempt_at",
            sqlite_where=text("next_attempt_at IS NOT NULL"),
            postgresql_where=text("next_attempt_at IS NOT NULL"),
        ),
        Index("ix_delivery_lane", "mailing_id", "lane", "id", sqlite_where=text("lane <> 0"), postgresql_where=text("lane <> 0")),
        # what few messages have, for lists of them; each column changes with what it says alone
        *(
            Index(f"ix_delivery_{name}", "mailing_id", by, sqlite_where=text(words), postgresql_where=text(words))
            for name, by, words in (
                ("bounce", "id", "bounce IS NOT NULL"),
                ("complained_at", "recipient_id", "complained_at IS NOT NULL"),
                ("read", "recipient_id", "opened_at IS NOT NULL OR clicked_at IS NOT NULL"),
                ("trouble", "recipient_id", "code IS NOT NULL OR reason IS NOT NULL OR bounce IS NOT NULL"),
            )
        ),
        # two reruns at the same moment make one further attempt
        Index(
            "uq_delivery_again_of",
            "again_of",
            unique=True,
            sqlite_where=text("again_of IS NOT NULL"),
            postgresql_where=text("again_of IS NOT NULL"),
        ),
        Index(
            "ix_delivery_submission_id",
            "submission_id",
            sqlite_where=text("submission_id IS NOT NULL"),
            postgresql_where=text("submission_id IS NOT NULL"),
        ),
        # every row is changed twice; half a page kept free lets both stay in the page and leave the indexes alone (350 -> 260 bytes a row)
        # a number is never given again: a token says no more than it, and a test that is gone must not become somebody else's message
        {"postgresql_with": {"fillfactor": "50"}, "sqlite_autoincrement": True},
    )

    id: Mapped[Key]
    mailing_id: Mapped[int] = mapped_column(ForeignKey("mailing.id", ondelete="CASCADE"))
    recipient_id: Mapped[int | None] = mapped_column(ForeignKey("recipient.id", ondelete="CASCADE"))  # a test: whose data fills it
    status: Mapped[DeliveryStatus] = mapped_column(default=DeliveryStatus.QUEUED)
    test: Mapped[bool] = mapped_column(default=False)  # outside every figure (D11)
    lane: Mapped[int] = mapped_column(default=0, server_default="0")  # the bucket of its domain, where that has a limit; 0 = none
    again_of: Mapped[int | None] = mapped_column(BIG)  # the attempt this one repeats; both go with their mailing, so no foreign key
    attempts: Mapped[int] = mapped_column(default=0)
    lease_id: Mapped[int | None]  # the sender that claimed it; no foreign key on the hot path
    claimed_at: Mapped[datetime | None]  # first claimed; the day its retries may take counts from here
    sent_at: Mapped[datetime | None]  # when a server took it
    next_attempt_at: Mapped[datetime | None]
    address: Mapped[str | None]  # tests, and attempts whose recipient has another address today; else the recipient's
    code: Mapped[str | None]  # the server's code when not taken, e.g. 550 5.1.1
    reason: Mapped[str | None]  # why failed, in doubt, waiting or cancelled
    provider_id: Mapped[str | None]  # the provider's own id, where it names one
    # what came back, each stamped the first time; tests have none (D11, D22). A NULL costs SQLite a byte, PostgreSQL nothing
    bounce: Mapped[BounceKind | None]
    soft_bounced_at: Mapped[datetime | None]  # a temporary trouble on the way: it may still arrive
    opened_at: Mapped[datetime | None]  # by a person
    opened_with: Mapped[str | None]  # the program of that first open, where it tells (channels/email/programs.py)
    clicked_at: Mapped[datetime | None]
    machine_opened_at: Mapped[datetime | None]
    machine_clicked_at: Mapped[datetime | None]
    complained_at: Mapped[datetime | None]
    unsubscribed_at: Mapped[datetime | None]
    bounce_why: Mapped[BounceWhy | None]
    submission_id: Mapped[int | None] = mapped_column(BIG)  # the form response's: whose values fill it; no foreign key on the hot path
    cleaned_at: Mapped[datetime | None]  # a person dealt with its bounce: off the list of bounces to deal with (domain.md C.8)


class DeliveryNote(Base):
    """A line of history for what departs from the normal path: refused, retried, in doubt, settled, cancelled."""

    __tablename__ = "delivery_note"
    __table_args__ = (Index("ix_delivery_note_delivery_id", "delivery_id"),)

    id: Mapped[Key]
    delivery_id: Mapped[int] = mapped_column(ForeignKey("delivery.id", ondelete="CASCADE"))
    at: Mapped[datetime]
    what: Mapped[str]  # the status it came to, or what was done
    why: Mapped[str]
    by: Mapped[str | None]
