"""A mailing: what is said, to whom, over which channel, when; its statuses, and the one table of moves between them."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from mailings.errors import IllegalMove
from mailings.model.base import BIG, Base, Key


class MailingType(StrEnum):
    """The four types people see (domain.md A); chosen first, then fixed."""

    EMAIL = "email"
    SMS = "sms"
    DOCUMENT = "document"
    FORM_RESPONSE = "form_response"


class MailingStatus(StrEnum):
    """Where a mailing stands."""

    DRAFT = "draft"  #: being written; nothing is sent
    SCHEDULED = "scheduled"  #: ready, waits for its time
    POPULATING = "populating"  #: between waiting and sending: building and checking the recipient list
    SENDING = "sending"  #: deliveries are handed over
    PAUSED = "paused"  #: stopped by a person or held by trouble, with a reason
    SENT = "sent"  #: done; the books balance
    CANCELLED = "cancelled"  #: stopped for good


#: verb -> (statuses it may start from, status it leads to). The only way a mailing's status changes.
LIFE: dict[str, tuple[frozenset[MailingStatus], MailingStatus]] = {
    "schedule": (frozenset({MailingStatus.DRAFT, MailingStatus.SCHEDULED}), MailingStatus.SCHEDULED),
    "unschedule": (frozenset({MailingStatus.SCHEDULED}), MailingStatus.DRAFT),
    # an interrupted populating is begun again: that is what makes "safe to run again" true
    "begin": (frozenset({MailingStatus.DRAFT, MailingStatus.SCHEDULED, MailingStatus.POPULATING}), MailingStatus.POPULATING),
    "refuse": (frozenset({MailingStatus.POPULATING}), MailingStatus.DRAFT),
    "send": (frozenset({MailingStatus.POPULATING}), MailingStatus.SENDING),
    # its list is made and frozen, and somebody is asked; what they approve is taken up where it was left
    "ask": (frozenset({MailingStatus.POPULATING}), MailingStatus.PAUSED),
    "approve": (frozenset({MailingStatus.PAUSED}), MailingStatus.POPULATING),
    "decline": (frozenset({MailingStatus.PAUSED}), MailingStatus.DRAFT),
    # a form response has no list to make: its recipients come one at a time, and it stays sending (domain.md A)
    "open": (frozenset({MailingStatus.DRAFT, MailingStatus.CANCELLED}), MailingStatus.SENDING),
    "pause": (frozenset({MailingStatus.SENDING}), MailingStatus.PAUSED),
    "resume": (frozenset({MailingStatus.PAUSED}), MailingStatus.SENDING),
    "finish": (frozenset({MailingStatus.SENDING}), MailingStatus.SENT),
    "reopen": (frozenset({MailingStatus.SENT, MailingStatus.CANCELLED}), MailingStatus.SENDING),
    "cancel": (
        frozenset({MailingStatus.DRAFT, MailingStatus.SCHEDULED, MailingStatus.POPULATING, MailingStatus.SENDING, MailingStatus.PAUSED}),
        MailingStatus.CANCELLED,
    ),
}


class Mailing(Base):
    """A mailing with everything a run needs; no run reads the folder it came from."""

    __tablename__ = "mailing"
    __table_args__ = (
        Index(
            "uq_mailing_occasion",
            "recurs_from",
            "occasion",
            unique=True,
            sqlite_where=text("occasion IS NOT NULL"),
            postgresql_where=text("occasion IS NOT NULL"),
        ),
        {"sqlite_autoincrement": True},  # a number is never given again: a preview's tokens say no more than it
    )

    id: Mapped[Key]
    name: Mapped[str] = mapped_column(unique=True)
    type: Mapped[MailingType]
    status: Mapped[MailingStatus] = mapped_column(default=MailingStatus.DRAFT)
    held_reason: Mapped[str | None]  # why it is paused, as a sentence
    topic_id: Mapped[int | None] = mapped_column(ForeignKey("topic.id"))  # None = any
    folder_id: Mapped[int | None] = mapped_column(ForeignKey("folder.id"))
    archive_selection_id: Mapped[int | None] = mapped_column(ForeignKey("selection.id"), index=True)
    archive_project_id: Mapped[int | None] = mapped_column(ForeignKey("project.id"), index=True)
    subject: Mapped[str] = mapped_column(default="")
    preheader: Mapped[str] = mapped_column(default="")
    html: Mapped[str] = mapped_column(default="")
    text: Mapped[str] = mapped_column(default="")  # empty = made from the HTML
    sender: Mapped[dict[str, Any]] = mapped_column(default=dict)  # {name, address, use}: cli.md `from`
    reply_to: Mapped[dict[str, Any]] = mapped_column(default=dict)  # {use, name, address}
    override_consent: Mapped[bool] = mapped_column(default=False)
    one_per_address: Mapped[bool] = mapped_column(default=True)
    update_when_sending: Mapped[bool] = mapped_column(default=True)
    include_companies: Mapped[bool] = mapped_column(default=False)
    prefer_company: Mapped[bool] = mapped_column(default=False)
    tracking: Mapped[dict[str, Any]] = mapped_column(default=dict)  # {opens, clicks, utm}
    rate: Mapped[float | None]  # messages a minute
    in_doubt: Mapped[dict[str, Any]] = mapped_column(default=dict)  # {policy, after_s}
    approval: Mapped[dict[str, Any]] = mapped_column(default=dict)  # {} or {"above": n}
    template: Mapped[bool] = mapped_column(default=False)  # only copied by send_recurring, never sent itself
    more: Mapped[dict[str, Any]] = mapped_column(default=dict)  # what only SMS, documents and system messages know
    recurs_from: Mapped[int | None] = mapped_column(BIG)  # the template it was copied from by send_recurring
    occasion: Mapped[str | None]  # for which day, 2026-11-21 in the schedule's zone: never twice for the same
    populated_at: Mapped[datetime | None]  # when the sources were last expanded
    frozen_at: Mapped[datetime | None]  # when somebody was asked for approval: from then on people are only taken off the list
    scheduled_at: Mapped[datetime | None]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    created_by: Mapped[str | None]
    figures_at: Mapped[datetime | None]  # when its figures were first counted from the rows; None = never: none are kept
    events_deleted_at: Mapped[datetime | None]  # its raw events are gone: what only they tell is not counted anew, it stays

    @property
    def is_system(self) -> bool:
        """True for a form response of the installation's own: sent to whoever asked our pages for it. A copy of one is not."""
        return self.name == f"system-{self.more.get('system')}-{self.more.get('language')}"

    @property
    def awaits_approval(self) -> bool:
        """True while somebody is asked: it is paused with its list frozen, and was never begun."""
        return self.status is MailingStatus.PAUSED and self.frozen_at is not None and self.started_at is None

    def move(self, verb: str) -> None:
        """Change the status by a named move of `LIFE`, or raise IllegalMove saying what may be done instead."""
        origins, target = LIFE[verb]
        if self.status not in origins:
            raise IllegalMove(f"{self.name} is {self.status}; {_may(verb, self.status)}")
        self.status = target


#: the moves a person can ask for, by the words of the command line
ASKED = {"begin": "send", "schedule": "schedule", "pause": "pause", "resume": "resume", "cancel": "cancel"}


def _may(verb: str, status: MailingStatus) -> str:
    can = [word for move, word in ASKED.items() if status in LIFE[move][0]]
    return f"it cannot {ASKED.get(verb, verb)} now" + (f", only {' or '.join(can)}." if can else ", nothing more can be done with it.")


class MailingFile(Base):
    """A file that travels with the message: an attachment, or an inline image named `cid:NAME`."""

    __tablename__ = "mailing_file"
    __table_args__ = (UniqueConstraint("mailing_id", "inline", "name"),)

    id: Mapped[Key]
    mailing_id: Mapped[int] = mapped_column(ForeignKey("mailing.id", ondelete="CASCADE"))
    inline: Mapped[bool]
    name: Mapped[str]  # attachment: the file name people see; inline image: its cid
    content_type: Mapped[str]
    data: Mapped[bytes] = mapped_column(LargeBinary)


class TrackedLink(Base):
    """A link of one mailing, numbered as the skeleton numbers it. Deleted links keep working for mail already sent."""

    __tablename__ = "tracked_link"
    __table_args__ = (UniqueConstraint("mailing_id", "number"),)

    id: Mapped[Key]
    mailing_id: Mapped[int] = mapped_column(ForeignKey("mailing.id", ondelete="CASCADE"))
    number: Mapped[int]
    name: Mapped[str | None]  # registered under `links` in mailing.yaml
    url: Mapped[str]
    actions: Mapped[dict[str, Any]] = mapped_column(default=dict)  # domain.md E.3
    registered_id: Mapped[int | None] = mapped_column(ForeignKey("registered_link.id"), index=True)  # whose url and actions then hold
    reset_at: Mapped[datetime | None]  # clicks before it count no more (E.6)
    deleted_at: Mapped[datetime | None]
