"""After a backup was put back: what it cannot know is in doubt, nothing sends by itself, and no number that is out there is given again."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlalchemy import exists, or_, select, text
from sqlalchemy.orm import Session

from mailings.clock import milliseconds
from mailings.errors import AtWork
from mailings.model import Delivery, DeliveryStatus, Lease, Mailing, MailingStatus, MailingType
from mailings.model.figure import stale
from mailings.planner import everything_counted
from mailings.sending import leases, lifecycle
from mailings.sending.approval import approved

#: tables whose numbers stand in links, Message-IDs and what others were told
NUMBERED = ("mailing", "delivery", "submission", "outbox")
AHEAD = 10_000_000  # numbers left out: more than anybody gives between a backup and the day it is needed
WHY = "a backup was put back: it may have gone out since it was made"
HELD = "A backup was put back; settle what is in doubt (mailings settle {0}), then go on: mailings send {0}"

UNDER_WAY = (DeliveryStatus.QUEUED, DeliveryStatus.SENDING)
OPEN = "mailing_id = :mailing AND status IN ('queued', 'sending') AND NOT test"
NOTE = f"INSERT INTO delivery_note (delivery_id, at, what, why) SELECT id, :now, 'in_doubt', :why FROM delivery WHERE {OPEN}"  # noqa: S608
# claimed when the mailing was begun, as far as we know: logs are read from then on
MARK = f"""UPDATE delivery SET status = 'in_doubt', reason = :why, next_attempt_at = NULL,
    claimed_at = COALESCE(claimed_at, (SELECT started_at FROM mailing WHERE mailing.id = :mailing)) WHERE {OPEN}"""  # noqa: S608


@dataclass(slots=True)
class Restored:
    """What was done: mailings that are drafts again, mailings that are held, and how many messages of which mailing are in doubt."""

    drafts: list[str] = field(default_factory=list)
    held: list[str] = field(default_factory=list)
    in_doubt: dict[str, int] = field(default_factory=dict)


def restored(session: Session) -> Restored:
    """Bring a database that was put back from a backup to where nobody can be served twice. Safe to repeat.

    What was queued or under way when the backup was made is in doubt, and its mailing paused; what had not begun is a draft again.
    Raises AtWork while somebody sends.
    """
    done = Restored()
    status = Mailing.status.in_([MailingStatus.SCHEDULED, MailingStatus.POPULATING, MailingStatus.SENDING, MailingStatus.PAUSED])
    # also of a form response that is not open yet: it may have been opened since, and whoever waited for it served
    waits = exists().where(Delivery.mailing_id == Mailing.id, Delivery.status.in_(UNDER_WAY), ~Delivery.test)
    for mailing in session.scalars(select(Mailing).where(or_(status, waits)).order_by(Mailing.id).with_for_update()).all():
        _must_be_left_alone(session, mailing)
        if mailing.started_at is None and mailing.type is not MailingType.FORM_RESPONSE:
            _draft_again(session, mailing)
            done.drafts.append(mailing.name)
        else:
            _hold(session, mailing, done)
    _number_on(session)
    everything_counted(session)
    return done


def _must_be_left_alone(session: Session, mailing: Mailing) -> None:
    leases.end_dead(session, mailing.id)
    session.flush()
    if session.scalar(select(Lease.id).where(Lease.mailing_id == mailing.id, Lease.ended_at.is_(None)).limit(1)) is not None:
        raise AtWork(f"{mailing.name} is being sent this moment; stop every worker and sender first, then say this again.")


def _draft_again(session: Session, mailing: Mailing) -> None:
    """It had not begun, and may have been sent whole since: a person looks before it goes out."""
    if mailing.status is MailingStatus.SCHEDULED:
        lifecycle.unschedule(mailing)
    elif mailing.status is MailingStatus.POPULATING:
        lifecycle.refuse(session, mailing, WHY)
    else:
        approved.void(session, mailing, WHY)
        mailing.move("decline")
        mailing.held_reason, mailing.scheduled_at = None, None
    session.flush()


def _hold(session: Session, mailing: Mailing, done: Restored) -> None:
    marks = {"mailing": mailing.id, "why": WHY}
    doubted = session.execute(text(NOTE), marks | {"now": milliseconds()}).rowcount  # type: ignore[attr-defined]  # a cursor result
    session.execute(text(MARK), marks)
    if doubted:
        done.in_doubt[mailing.name] = int(doubted)
        stale(session, [mailing.id])
    if mailing.status is MailingStatus.SENDING and mailing.type is not MailingType.FORM_RESPONSE:  # that one goes to who asks from now on
        lifecycle.pause(mailing, HELD.format(mailing.name))
        done.held.append(mailing.name)


def _number_on(session: Session) -> None:
    """What was made since the backup has numbers that this database would give again: its links would be somebody else's."""
    for table in NUMBERED:
        if session.get_bind().dialect.name == "sqlite":
            session.execute(
                text(
                    "INSERT INTO sqlite_sequence (name, seq) SELECT :table, 0 WHERE NOT EXISTS"
                    " (SELECT 1 FROM sqlite_sequence WHERE name = :table)"
                ),
                {"table": table},
            )
            session.execute(text("UPDATE sqlite_sequence SET seq = seq + :ahead WHERE name = :table"), {"ahead": AHEAD, "table": table})
        else:
            sequence = f"pg_get_serial_sequence('{table}', 'id')"
            session.execute(text(f"SELECT setval({sequence}, nextval({sequence}) + :ahead)"), {"ahead": AHEAD})
