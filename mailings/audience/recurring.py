"""A recurring mailing: a template's copy for one day, made once and scheduled in the same moment; or why none is made."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from mailings.audience.copies import copy
from mailings.clock import now
from mailings.errors import NotAllowed
from mailings.model import Mailing, MailingStatus, MailingType
from mailings.readable import counted


@dataclass(frozen=True, slots=True)
class Occasion:
    """A day a recurring mailing is for, in the schedule's zone, and the moment it should leave.

    `chosen` = a person named the day: they decide, however late it is. `overtaken` = a later day whose time has come as well.
    """

    day: date
    moment: datetime
    may_be_late: timedelta = timedelta(hours=12)
    chosen: bool = False
    overtaken: date | None = None


@dataclass(frozen=True, slots=True)
class Recurred:
    """What an occasion came to: the mailing made for it (empty = none), where it stands, a sentence for people, whether a run is due.

    `new` = the copy was made just now.
    """

    mailing: str
    status: MailingStatus | None
    sentence: str
    to_be_sent: bool = False
    new: bool = False


#: a copy that is under way: whoever finds it goes on with it
UNDER_WAY = (MailingStatus.SCHEDULED, MailingStatus.POPULATING, MailingStatus.SENDING)

_STANDS = {
    MailingStatus.DRAFT: "is a draft, refused or taken back: mend it and send it (mailings send {name}), or delete it and run this again.",
    MailingStatus.PAUSED: "is paused{why}; let it go on with: mailings resume {name}",
    MailingStatus.CANCELLED: "was cancelled; nothing is sent.",
    MailingStatus.SENT: "is sent already; nothing is left to do.",
}


def recur(session: Session, template: Mailing, occasion: Occasion) -> Recurred:
    """The copy for this day, NAME-2026-11-21, made and scheduled if there is none yet; never a second one for the same day.

    `template` is locked by the caller, so that of two runs the later finds the earlier's copy. A day that is too late, or overtaken, is
    passed over: nothing is made. Raises NotAllowed for what cannot recur, and where another mailing has the copy's name.
    """
    _must_recur(template)
    if made := _made_for(session, template, occasion.day):
        return _standing(template, made)
    if why := _passed_over(session, template, occasion):
        return Recurred("", None, f"{template.name} is not sent for {occasion.day}: {why}")
    made = _copied(session, template, occasion)
    return Recurred(made.name, made.status, f"{made.name} is made from {template.name}.", to_be_sent=True, new=True)


def _copied(session: Session, template: Mailing, occasion: Occasion) -> Mailing:
    name = f"{template.name}-{occasion.day}"
    if session.scalar(select(Mailing.id).where(Mailing.name == name)) is not None:
        raise NotAllowed(
            f"{name} is another mailing's name already, so nothing is sent for that day; push {template.name} under another name."
        )
    made = copy(session, template, name)
    made.recurs_from, made.occasion = template.id, occasion.day.isoformat()
    made.move("schedule")  # with the copy: whoever makes it may die here, and start_due_mailings sends it
    made.scheduled_at = min(occasion.moment, now())
    session.flush()
    return made


def _must_recur(template: Mailing) -> None:
    if not template.template:
        raise NotAllowed(f"{template.name} is no template, so it is sent once; to let it recur, write `template: true` in its folder.")
    if template.type is MailingType.FORM_RESPONSE:
        raise NotAllowed(f"{template.name} is a form response: it goes to whoever asks for it, and is never scheduled.")
    if template.status is MailingStatus.CANCELLED:
        raise NotAllowed(
            f"{template.name} is cancelled, nothing is made from it any more; end its schedule, or push it under another name."
        )


def _made_for(session: Session, template: Mailing, day: date) -> Mailing | None:
    return session.scalar(select(Mailing).where(Mailing.recurs_from == template.id, Mailing.occasion == day.isoformat()))


def _standing(template: Mailing, made: Mailing) -> Recurred:
    waits = made.status is MailingStatus.SCHEDULED and made.scheduled_at is not None and made.scheduled_at > now()
    if waits:
        sentence = f"{made.name} is scheduled for {made.scheduled_at:%Y-%m-%d %H:%M} UTC; it is sent then."
    elif made.status in UNDER_WAY:
        return Recurred(made.name, made.status, f"{made.name} is made from {template.name} already.", to_be_sent=True)
    else:
        why = f" ({made.held_reason})" if made.held_reason else ""
        sentence = f"{made.name} {_STANDS[made.status].format(name=made.name, why=why)}"
    return Recurred(made.name, made.status, sentence)


def _passed_over(session: Session, template: Mailing, occasion: Occasion) -> str | None:
    """Why a day that nobody chose is not sent any more; None = it is."""
    if occasion.chosen:
        return None
    if now() - occasion.moment > occasion.may_be_late:
        hours = occasion.may_be_late / timedelta(hours=1)
        when = f"{occasion.moment:%Y-%m-%d %H:%M} UTC"
        return f"its time was {when}, more than {counted(hours, 'hour')} ago. To send it after all, run it with that date."
    later = _later_than(session, template, occasion.day) or occasion.overtaken
    return f"{later} has come meanwhile. To send it after all, run it with its date." if later else None


def _later_than(session: Session, template: Mailing, day: date) -> date | None:
    newest = select(Mailing.occasion).where(Mailing.recurs_from == template.id, Mailing.occasion > day.isoformat())
    found = session.scalar(newest.order_by(Mailing.occasion).limit(1))
    return date.fromisoformat(found) if found else None
