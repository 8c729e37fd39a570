"""Lets go of what is kept long enough: visits and reports by portions, sign-ins that ended, the oldest lines of the log of changes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, ScalarSelect, Select, and_, delete, exists, func, or_, select, update
from sqlalchemy.orm import Session

from mailings import clock
from mailings.db import among
from mailings.model import VISIT, AddressStanding, AuditEntry, Errand, Event, Mailing, SignIn, Submission, Upload
from mailings.model.form import UNCONFIRMED

UPLOADED = timedelta(days=1)  #: how long an uploaded list waits to be taken in
CONFIRMED = timedelta(days=7)  #: how long a submission waits for the press of the button behind its link
Count = Callable[[Session, int], None]  #: makes the figures of a mailing stand, so that they need its events no more


@dataclass(frozen=True, slots=True)
class Walked:
    """How far a walk through the events came: `last` is the next portion's `after`; `more` = there may be older ones behind it."""

    deleted: int
    last: int
    more: bool


def delete_events(session: Session, days: int, count: Count, *, after: int = 0, portion: int = 5_000) -> Walked:
    """Delete the next portion of events that came `days` ago or longer, oldest first; 0 days = none. Figures and stamps stay.

    `count` is called for each of their mailings before. What still tells something stays: what speaks against an
    address that bounced lately (domain.md D6), and clicks whose errands are not done.
    """
    if not days:
        return Walked(0, after, more=False)
    before = clock.now() - timedelta(days=days)
    seen = _next(session, after, portion)
    old = [row for row in seen if row.received_at < before]
    if not old:
        return Walked(0, after, more=False)
    going = [row.id for row in old if row.at < before]
    _figures_stand(session, {row.mailing_id for row in old if row.mailing_id is not None}, count)
    gone = delete(Event).where(among(session, Event.id, going), ~_still_telling())
    ids = session.scalars(gone.returning(Event.id).execution_options(synchronize_session=False)).all()
    return Walked(len(ids), old[-1].id, more=len(old) == len(seen) == portion)


def _next(session: Session, after: int, portion: int) -> Sequence[Row[int, datetime, datetime, int | None]]:
    """Events as they came: their numbers go up with the time they were received."""
    rows = select(Event.id, Event.at, Event.received_at, Event.mailing_id).where(Event.id > after)
    return session.execute(rows.order_by(Event.id).limit(portion)).all()


def _figures_stand(session: Session, mailings: set[int], count: Count) -> None:
    """Every figure of these mailings is counted while its events are there; from now on nothing counts them anew from events alone."""
    for mailing_id in session.scalars(select(Mailing.id).where(among(session, Mailing.id, mailings)).order_by(Mailing.id)).all():
        count(session, mailing_id)
    first = update(Mailing).where(among(session, Mailing.id, mailings), Mailing.events_deleted_at.is_(None))
    session.execute(first.values(events_deleted_at=clock.now()))


def _still_telling() -> ColumnElement[bool]:
    """Reports of an address whose bounces are being counted, and clicks with something still to do."""
    counting = exists().where(AddressStanding.normal == Event.address, AddressStanding.bounces > 0)
    undone = exists().where(Errand.event_id == Event.id, Errand.done_at.is_(None))
    return or_(and_(Event.source != VISIT, counting), undone)


def delete_sign_ins(session: Session) -> int:
    """Forget browsers whose time is over; how many."""
    return _deleted(session, SignIn, SignIn.expires_at < clock.now())


def delete_uploads(session: Session) -> int:
    """Let go of lists that were uploaded and not taken in within a day; how many."""
    return _deleted(session, Upload, Upload.created_at < clock.now() - UPLOADED)


def delete_unconfirmed(session: Session) -> int:
    """Let go of what was sent with a form and not confirmed within a week: it is somebody's address, most likely not the sender's."""
    some = select(Submission.id).where(UNCONFIRMED, Submission.created_at < clock.now() - CONFIRMED)
    gone = delete(Submission).where(Submission.id.in_(_oldest(some))).returning(Submission.id)
    return len(session.scalars(gone.execution_options(synchronize_session=False)).all())


def forget_networks(session: Session, portion: int = 5_000) -> int:
    """Forget where submissions came from a day after: by then no flood guard asks; how many."""
    some = select(Submission.id).where(Submission.network.is_not(None), Submission.created_at < clock.now() - UPLOADED)
    forgotten = update(Submission).where(Submission.id.in_(_oldest(some, portion))).values(network=None).returning(Submission.id)
    return len(session.scalars(forgotten.execution_options(synchronize_session=False)).all())


def _oldest(some: Select[int], portion: int = 5_000) -> ScalarSelect[int]:
    return some.order_by(Submission.created_at).limit(portion).scalar_subquery()


def delete_log(session: Session, days: int) -> int:
    """Delete lines of the log of changes that are older than `days`; 0 days = none. How many."""
    return _deleted(session, AuditEntry, AuditEntry.at < clock.now() - timedelta(days=days)) if days else 0


def _deleted(session: Session, table: Any, old: ColumnElement[bool], portion: int = 5_000) -> int:
    some = select(table.id).where(old).order_by(table.id).limit(portion)
    gone = delete(table).where(table.id.in_(some.scalar_subquery())).returning(table.id)
    return len(session.scalars(gone.execution_options(synchronize_session=False)).all())


def kept_events(session: Session) -> tuple[int, datetime | None]:
    """How many events are kept, and when the oldest of them came."""
    oldest = session.scalar(select(Event.received_at).order_by(Event.id).limit(1))
    return session.scalar(select(func.count()).select_from(Event)) or 0, oldest
