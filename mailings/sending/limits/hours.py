"""Quiet hours and days, read off a wall clock in a zone: midnight and the change to summer time included. Moments in milliseconds."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)
Choice = Callable[[float, float], float]


class Quiet(NamedTuple):
    """Hours in which nothing leaves, "21:00" to "07:00"; they may cross midnight."""

    begin: str
    end: str
    zone: str

    def until(self, now: int) -> int | None:
        """When the quiet hours around `now` end; None outside them."""
        return next((end for begin, end in self._around(now) if begin <= now < end), None)

    def begins(self, now: int) -> int:
        """When they begin next after `now`."""
        return min(begin for begin, _ in self._around(now) if begin > now)

    def _around(self, now: int) -> list[tuple[int, int]]:
        begin, end, today = time.fromisoformat(self.begin), time.fromisoformat(self.end), _date(now, self.zone)
        over = DAY if end <= begin else timedelta()
        days = [today - DAY, today, today + DAY]
        # an hour that comes twice is quiet both times, and one that is left out does not cut the quiet short
        return [(_moment(day, begin, self.zone, min), _moment(day + over, end, self.zone, max)) for day in days]


def day_of(now: int, zone: str) -> str:
    """The day in the zone, 2026-11-22."""
    return _date(now, zone).isoformat()


def next_day(now: int, zone: str) -> int:
    """When the zone's next day begins."""
    return _moment(_date(now, zone) + DAY, time(0), zone, max)


def days_since(first: str, now: int, zone: str) -> int:
    """How many days of the zone lie between `first` (2026-11-22) and now; negative before it."""
    return (_date(now, zone) - date.fromisoformat(first)).days


@lru_cache(maxsize=64)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def _date(now: int, zone: str) -> date:
    return datetime.fromtimestamp(now / 1000, _zone(zone)).date()


def _moment(day: date, clock: time, zone: str, choice: Choice) -> int:
    wall = datetime.combine(day, clock, _zone(zone))
    return int(choice(*(wall.replace(fold=fold).astimezone(UTC).timestamp() for fold in (0, 1))) * 1000)
