"""What stands above every tab of a mailing: its name, status and size; and which tabs it has."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from mailings import clock
from mailings.model import Mailing, MailingStatus, MailingType, Recipient, Verdict
from mailings.reports.listed import APPROVED, AWAITS, TEMPLATE
from mailings.sending.finding import mailing_named
from mailings.sending.resending import has_gone

#: tab -> where it stands below the mailing; its words are `tab_<name>`
TABS = {"summary": "", "content": "content", "reports": "reports", "recipients": "recipients", "links": "links", "bounces": "bounces"}


SOON = timedelta(minutes=5)  # before a scheduled mailing's moment its page begins to watch for it


@dataclass(frozen=True, slots=True)
class Head:
    """A mailing as its pages begin. `when` is the moment that says most: first started, ended before that, scheduled or created."""

    name: str
    type: str
    status: str
    stands: str  # the same as people say it: a paused one that nobody has approved awaits approval; reports/listed.py says it in SQL
    awaits: bool  # approval
    held: str | None
    when: datetime
    recipients: int
    tabs: tuple[str, ...]
    again: bool  # it can be sent again: nobody gets a draft a second time

    @property
    def begins(self) -> bool:
        """True while a scheduled one may begin any moment: its page watches for that."""
        return self.status == MailingStatus.SCHEDULED and self.when <= clock.now() + SOON

    @property
    def reached_at(self) -> str:
        """The word for what its recipients are reached at."""
        return {"sms": "recipient_mobile", "document": "recipient_postal"}.get(self.type, "recipient_email")


def head_of(session: Session, name: str) -> tuple[Mailing, Head]:
    """The mailing of that name and its head. Raises NotFound."""
    mailing = mailing_named(session, name)
    listed = select(func.count()).where(Recipient.mailing_id == mailing.id, Recipient.verdict != Verdict.NO_ADDRESS)
    # a message sent again moves the end, and never the beginning
    when = mailing.started_at or mailing.finished_at or mailing.scheduled_at or mailing.created_at
    lacks = {"links"} if mailing.type not in (MailingType.EMAIL, MailingType.FORM_RESPONSE) else set[str]()
    lacks |= {"bounces"} if mailing.type is MailingType.DOCUMENT else set()  # nobody tells us of letters that come back
    tabs = tuple(tab for tab in TABS if tab not in lacks)
    size = session.scalar(listed) or 0
    awaits = mailing.awaits_approval
    held = None if awaits else mailing.held_reason  # said in the reader's language, with the way to decide
    says = (str(mailing.type), str(mailing.status), _stands(mailing), awaits, held)
    return mailing, Head(mailing.name, *says, when, size, tabs, has_gone(mailing))


def _stands(mailing: Mailing) -> str:
    if mailing.awaits_approval:
        return AWAITS
    if mailing.status is MailingStatus.POPULATING and mailing.frozen_at is not None:
        return APPROVED
    return TEMPLATE if mailing.status is MailingStatus.DRAFT and mailing.template else str(mailing.status)
