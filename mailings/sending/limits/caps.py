"""Caps of text messages: at most so many in 24 hours, of the whole installation and to one number (domain.md G.3, `sms_hysteria`).

A place is taken in the transaction that claims a delivery, before it is handed over; who finds none waits until the window lets it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Self

from sqlalchemy import Connection

from mailings import seams
from mailings.channels import CHANNELS
from mailings.clock import milliseconds
from mailings.db import driver_sql
from mailings.model import Mailing
from mailings.readable import counted
from mailings.seams import Seam
from mailings.sending.claims import Claimed, Claimer
from mailings.sending.limits.domains import among
from mailings.settings import Settings

DAY = 24 * 3600 * 1000  # milliseconds
#: a place is held longer than a day: what is claimed may be in hand for minutes before it leaves, and clocks of two hosts differ
HELD = DAY + 10 * 60 * 1000
WHOLE = "{} went out in 24 hours (MAILINGS_SMS_PER_DAY)"
ONE = "the number has had {} in 24 hours (MAILINGS_SMS_PER_RECIPIENT)"

_LOCK = "SELECT pg_advisory_xact_lock(7110114)"  # two senders that count at the same moment would both find the last place
_NEWEST = "SELECT at FROM text_slot WHERE at > ? ORDER BY at DESC LIMIT ? OFFSET ?"
_OWN = "SELECT delivery_id FROM text_slot WHERE at > ? AND delivery_id"
_THEIRS = "SELECT number, at FROM text_slot WHERE at > ? AND number"
_FORGET = "DELETE FROM text_slot WHERE at <= ?"
_LET_GO = "DELETE FROM text_slot WHERE delivery_id = ?"
_TAKE = "INSERT INTO text_slot (delivery_id, number, at) VALUES (?, ?, ?)"
# as if it had never been claimed, and due when there is a place
_PUT_BACK = (
    "UPDATE delivery SET status = 'queued', attempts = attempts - 1, lease_id = NULL, next_attempt_at = ?, reason = ?,"
    " claimed_at = CASE WHEN attempts > 1 THEN claimed_at END WHERE id = ? AND lease_id = ? AND status = 'sending'"
)


@dataclass
class Window:
    """The messages of the last day under one cap, moments in milliseconds, the newest first; `most` of them may be there.

    The `newer` ones in front of `moments` are not read: which they are decides nothing.
    """

    most: int
    why: str
    moments: list[int] = field(default_factory=list)
    newer: int = 0

    def opens(self, now: int) -> int:
        """The moment from which one more may leave: `now` when it may now."""
        if not self.most:
            return now + DAY
        place = self.most - 1 - self.newer
        if place < 0:  # all that fit were taken just now
            return now + HELD
        return now if place >= len(self.moments) else self.moments[place] + HELD

    def room(self) -> int:
        """How many may leave now, as far as was read."""
        return max(0, self.most - self.newer - len(self.moments))

    def take(self) -> None:
        """One leaves now."""
        self.newer += 1

    @property
    def sentence(self) -> str:
        """For people: what is waited for."""
        return self.why.format(counted(self.most, "text message"))


@dataclass(frozen=True, slots=True)
class Caps:
    """How many text messages may leave in any 24 hours: `per_day` of the installation, `per_number` to one; None = no cap."""

    per_day: int | None
    per_number: int | None

    @classmethod
    def of(cls, mailing: Mailing, settings: Settings) -> Self | None:
        """Those that hold for a mailing; None where none does."""
        if CHANNELS[mailing.type] != "sms" or (settings.sms_per_day is None and settings.sms_per_recipient is None):
            return None
        return cls(settings.sms_per_day, settings.sms_per_recipient)

    def day(self, connection: Connection, now: int, wanted: int = 0) -> Window | None:
        """What has left of the whole installation, read as far as it decides about `wanted` more; None without a cap of it.

        Of 100,000 in a day the database passes over nearly all: 2.5 ms on SQLite, 8 on PostgreSQL; to read them here took 82 and 106.
        """
        if self.per_day is None:
            return None
        newer = max(0, self.per_day - 1 - wanted)
        found = connection.exec_driver_sql(driver_sql(connection, _NEWEST), (now - HELD, self.per_day - newer, newer))
        return Window(self.per_day, WHOLE, [int(at) for at in found.scalars()], newer)

    def admit(self, connection: Connection, by: Claimer, claimed: Sequence[Claimed], rows: dict[int, Any]) -> list[Claimed]:
        """Of the deliveries just claimed those that may leave, each with its place taken; the others are put back until there is one."""
        if not claimed:
            return []
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql(_LOCK)
        now = milliseconds()
        seams.before(Seam.RESERVE)
        self._let_go(connection, claimed, now)
        day = self.day(connection, now, len(claimed))
        numbers = {one.id: str(rows[one.id][1]) for one in claimed if one.id in rows}
        theirs = self._theirs(connection, set(numbers.values()), now)
        later: dict[int, tuple[int, str]] = {}
        for delivery, number in numbers.items():
            windows = [window for window in (theirs[number], day) if window is not None]
            opens, why = max(((window.opens(now), window.sentence) for window in windows), default=(now, ""))
            if opens > now:
                later[delivery] = (opens, why)
                continue
            for window in windows:
                window.take()
        taken = [(delivery, number, now) for delivery, number in numbers.items() if delivery not in later]
        _write(connection, by, taken, later)
        seams.after(Seam.RESERVE)
        return [one for one in claimed if one.id not in later]

    def _let_go(self, connection: Connection, claimed: Sequence[Claimed], now: int) -> None:
        """A delivery that is claimed again has not left: the place it had is free, and those of two days ago are nobody's."""
        connection.exec_driver_sql(driver_sql(connection, _FORGET), (now - 2 * DAY,))
        one_of, mark = among(connection, [one.id for one in claimed])
        own = connection.exec_driver_sql(driver_sql(connection, f"{_OWN} {one_of}"), (now - HELD, mark)).scalars().all()
        if own:
            connection.exec_driver_sql(driver_sql(connection, _LET_GO), [(delivery,) for delivery in own])

    def _theirs(self, connection: Connection, numbers: set[str], now: int) -> dict[str, Window | None]:
        if self.per_number is None:
            return defaultdict(lambda: None)
        one_of, mark = among(connection, sorted(numbers))
        asked = driver_sql(connection, f"{_THEIRS} {one_of} ORDER BY at DESC")
        moments = defaultdict[str, list[int]](list)
        for number, at in connection.exec_driver_sql(asked, (now - HELD, mark)):
            moments[number].append(int(at))
        return {number: Window(self.per_number, ONE, moments[number]) for number in numbers}


def _write(connection: Connection, by: Claimer, taken: list[tuple[int, str, int]], later: dict[int, tuple[int, str]]) -> None:
    if taken:
        connection.exec_driver_sql(driver_sql(connection, _TAKE), taken)
    if later:
        back = [(at, f"{why}; again from {_told(at)}", delivery, by.lease_id) for delivery, (at, why) in later.items()]
        connection.exec_driver_sql(driver_sql(connection, _PUT_BACK), back)


def _told(at: int) -> str:
    return f"{datetime.fromtimestamp(at / 1000, UTC):%Y-%m-%d %H:%M} UTC"
