"""What the tests of limits start from: a bucket as a person would set it, in the database or without one."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select

from mailings.db import Database
from mailings.model import Bucket
from mailings.sending.limits.hours import Quiet
from mailings.sending.limits.rates import State
from mailings.sending.limits.throttle import Throttle


def state(name: str = "installation", **facts: Any) -> State:
    """A bucket without a database: without any limit unless `facts` set one."""
    nothing = {"per_minute": None, "burst": 1, "quiet": None, "zone": "UTC", "ramp": None, "next_free": 0, "day": None, "day_count": 0}
    facts = nothing | {"id": 1, "rate": facts.get("per_minute")} | facts
    return State(name=name, **facts)


def bucket(db: Database, name: str, **facts: Any) -> int:
    """A bucket in the database; its number."""
    with db.writing() as session:
        made = Bucket(name=name, **facts)
        session.add(made)
        session.flush()
        return made.id


def row(db: Database, name: str) -> Bucket:
    """The bucket of that name as it stands."""
    with db.reading() as session:
        found = session.scalars(select(Bucket).where(Bucket.name == name)).one()
        session.expunge(found)
        return found


def at(text: str) -> int:
    """A moment in UTC, "2026-11-22 09:00", in milliseconds."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


def nights(zone: str = "Europe/Oslo", begin: str = "21:00", end: str = "07:00") -> Quiet:
    """Quiet hours over midnight."""
    return Quiet(begin, end, zone)


def throttle(db: Database, *names: str, **beside: float) -> Throttle:
    """The throttle of a mailing under these limits, from narrow to broad; `beside`, the rates of settings and mailing."""
    made = Throttle(names or ("installation",), beside)
    with db.connection() as connection:
        made.make(connection)
    return made


def waits(throttle: Throttle, db: Database, *wanted: int) -> list[tuple[int, float]]:
    """Reservations one after the other: how many, and after how many seconds."""
    made = [throttle.reserve(db, n) for n in wanted]
    return [(one.messages, one.wait) for one in made]
