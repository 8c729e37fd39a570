"""When something of a mailing may leave next, and what is waited for: its limits, those of its recipients' domains, or a retry."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import NamedTuple

from sqlalchemy import Connection
from sqlalchemy.orm import Session

from mailings.clock import milliseconds
from mailings.db import driver_sql
from mailings.model import Mailing
from mailings.sending.claims import Claimer, next_dues, something_is_left
from mailings.sending.limits import buckets, rates
from mailings.sending.limits.lanes import LANES
from mailings.sending.limits.rates import State
from mailings.sending.limits.throttle import Throttle
from mailings.settings import settings

SOON = 60_000  # milliseconds that are not worth a sentence: what is due is looked for every minute


class Soonest(NamedTuple):
    """The moment (ms), and for people which limit is waited for; None where it is a retry, or nothing."""

    at: int
    why: str | None


def soonest(session: Session, mailing: Mailing) -> Soonest | None:
    """When the next delivery of the mailing may leave; None when none is queued."""
    connection = session.connection()
    lanes = _lanes(connection, mailing.id)
    throttle = Throttle.of(mailing, settings())
    common = throttle.limits(connection, locked=False)
    own = {state.id: [state] for state in buckets.states_of(connection, [lane for lane in lanes if lane], locked=False)}
    found = min((_under([*own.get(lane, []), *common], at) for lane, at in lanes.items()), key=lambda found: found.at, default=None)
    day = throttle.caps.day(connection, milliseconds()) if throttle.caps else None
    if found is None or day is None or (opens := day.opens(found.at)) <= found.at:
        return found
    return Soonest(opens, day.sentence)


def waits(session: Session, mailing: Mailing) -> str | None:
    """For people: until when nothing of the mailing may leave, and for which limit; None where no limit holds it for long."""
    found = soonest(session, mailing)
    if found is None or found.why is None or found.at <= milliseconds() + SOON:
        return None
    return f"until {datetime.fromtimestamp(found.at / 1000, UTC).astimezone():%Y-%m-%d %H:%M}: {found.why}"


def _under(limits: Iterable[State], at: int) -> Soonest:
    found = Soonest(at, None)
    for state in limits:
        if (later := rates.opens(state, found.at)) > found.at:
            found = Soonest(later, rates.why(state, found.at))
    return found


def _lanes(connection: Connection, mailing_id: int) -> dict[int, int]:
    """The lanes something is queued in, and from when (ms) it could be claimed."""
    now, waiting = milliseconds(), next_dues(connection, mailing_id)
    lanes = connection.exec_driver_sql(driver_sql(connection, LANES), (mailing_id, mailing_id)).scalars().all()
    free = {lane: now for lane in (0, *lanes) if something_is_left(connection, Claimer(mailing_id, 0, lane), 0, now)}
    return waiting | free
