"""Limits as people set them: checked, written, taken away. A mailing that is being sent feels a change within two seconds."""

from __future__ import annotations

import math
import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, time
from difflib import get_close_matches
from zoneinfo import ZoneInfo, available_timezones

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from mailings.clock import milliseconds
from mailings.db import insert_into
from mailings.errors import NotFound, Unreadable
from mailings.model import Bucket
from mailings.sending.limits import hours
from mailings.sending.limits.names import INSTALLATION, limit_name

PARTS = ("rate", "quiet", "ramp", "slowing")  # what can be taken from a limit
GROWTH = 1.5  # times as many each day of a warm-up, where nobody says
MOST = 1e9  # messages a minute or at once, more than any machine sends
_QUIET = re.compile(r"(\d{1,2}:\d{2})\s*(?:-|–|to)\s*(\d{1,2}:\d{2})")


@dataclass(frozen=True, slots=True)
class Change:
    """What a person wants of a limit; None = as it was. Rates in messages a minute, `quiet` as 21:00-07:00."""

    rate: float | None = None
    burst: int | None = None
    quiet: str | None = None
    zone: str | None = None
    ramp_from: str | None = None
    ramp_first: int | None = None
    ramp_growth: float | None = None
    without: Collection[str] = ()


def set_limit(session: Session, text: str, change: Change) -> Bucket:
    """Make or change the limit named `text`. Raises Unreadable and NotFound with a sentence; then nothing is changed."""
    name = limit_name(session, text)
    if change == Change():
        raise Unreadable(f"What should {name} be limited to? Give a rate, quiet hours or a warm-up; examples: mailings limits set --help")
    session.execute(insert_into(session, Bucket).values(name=name).on_conflict_do_nothing())
    bucket = session.scalars(select(Bucket).where(Bucket.name == name).with_for_update()).one()
    _take_away(bucket, change.without)
    bucket.zone = _zone(change.zone) if change.zone else bucket.zone
    _rate(bucket, change)
    if change.quiet is not None:
        bucket.quiet_from, bucket.quiet_until = _quiet(change.quiet)
    _ramp(bucket, change)
    session.flush()
    return bucket


def remove_limit(session: Session, text: str) -> str:
    """Take a limit away; its name. What waits in its lane goes on with the rest. Raises NotFound where there is none."""
    names = session.scalars(select(Bucket.name).order_by(Bucket.name)).all()
    name = text if text in names else limit_name(session, text)
    if name not in names:
        near = get_close_matches(name, names, 3)
        hint = f"did you mean {' or '.join(near)}?" if near else "look at: mailings limits"
        raise NotFound(f"There is no limit {name}; {hint}")
    session.execute(delete(Bucket).where(Bucket.name == name))
    return name


def _take_away(bucket: Bucket, parts: Collection[str]) -> None:
    if wrong := [part for part in parts if part not in PARTS]:
        raise Unreadable(f"{wrong[0]!r} is nothing that can be taken from a limit; there are {', '.join(PARTS)}.")
    if "rate" in parts:
        bucket.per_minute, bucket.burst = None, 1
    if "quiet" in parts:
        bucket.quiet_from = bucket.quiet_until = None
    if "ramp" in parts:
        bucket.ramp_from = bucket.ramp_first = bucket.ramp_growth = None
    if "slowing" in parts:
        bucket.rate = bucket.rate_before = bucket.slowed_at = None


def _rate(bucket: Bucket, change: Change) -> None:
    if change.rate is not None:
        if not 0 < change.rate <= MOST:  # also refuses what is no number
            raise Unreadable(f"A rate of {change.rate:g} messages a minute cannot be kept; give a number above 0, or take it away.")
        bucket.per_minute = change.rate
    if change.burst is not None:
        if not 1 <= change.burst <= MOST:
            raise Unreadable(f"A burst of {change.burst} is not possible; give how many may leave at once after a rest, at least 1.")
        if bucket.per_minute is None and bucket.name.partition(":")[0] not in (INSTALLATION, "mailing"):
            raise Unreadable(f"A burst needs a rate beside it: mailings limits set {bucket.name} --rate N --burst {change.burst}")
        bucket.burst = change.burst


def _quiet(text: str) -> tuple[str, str]:
    try:
        found = _QUIET.fullmatch(text.strip())
        begin, end = (time.fromisoformat(clock.zfill(5)) for clock in found.groups()) if found else (time(0), time(0))
    except ValueError:
        begin = end = time(0)
    if begin == end:
        raise Unreadable(f"Quiet hours {text!r} cannot be read; write from when until when, as 21:00-07:00.")
    return f"{begin:%H:%M}", f"{end:%H:%M}"


def _zone(text: str) -> str:
    known = available_timezones()
    name = next((zone for zone in (text, *(z for z in known if z.lower() == text.lower())) if zone in known), None)
    if name is None:
        near = [zone for zone in sorted(known) if zone.lower().endswith(f"/{text.lower()}")] or get_close_matches(text, known, 3)
        hint = f"did you mean {' or '.join(near)}?" if near else "write it like Europe/Oslo."
        raise Unreadable(f"{text!r} is no time zone; {hint}")
    return ZoneInfo(name).key


def _ramp(bucket: Bucket, change: Change) -> None:
    if (change.ramp_from, change.ramp_first, change.ramp_growth) == (None, None, None):
        return
    first = change.ramp_first or bucket.ramp_first
    if first is None or first < 1 or (change.ramp_first is not None and change.ramp_first < 1):
        raise Unreadable("A warm-up needs how many may leave on its first day: --ramp-first 50")
    growth = bucket.ramp_growth or GROWTH if change.ramp_growth is None else change.ramp_growth
    if not 1 <= growth <= 100 or math.isnan(growth):
        raise Unreadable(f"A warm-up cannot grow to {growth:g} times as many each day; give a number from 1 to 100, as 1.5.")
    try:
        day = date.fromisoformat(change.ramp_from or bucket.ramp_from or hours.day_of(milliseconds(), bucket.zone))
    except ValueError:
        raise Unreadable(f"The first day {change.ramp_from!r} cannot be read; write it as 2026-11-22.") from None
    bucket.ramp_from, bucket.ramp_first, bucket.ramp_growth = day.isoformat(), first, growth
