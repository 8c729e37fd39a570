"""How fast: buckets in the database, shared by all processes, one statement a reservation. Restarts do not refill them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from mailings.clock import milliseconds
from mailings.db import Database, driver_sql
from mailings.model import Mailing
from mailings.settings import Settings

WORTH = 0.5  # seconds of messages reserved at a time: few statements at high rates, one message at low ones

MADE = (
    "INSERT INTO bucket (name, per_minute, next_free, burst, zone, day_count) VALUES (?, ?, 0, 1, 'UTC', 0) "
    "ON CONFLICT (name) DO UPDATE SET per_minute = excluded.per_minute"
)
# next_free runs ahead of the clock by what is reserved; a bucket left alone saves nothing up, so there is no burst
RESERVED = "UPDATE bucket SET next_free = CASE WHEN next_free > ? THEN next_free ELSE ? END + ? WHERE name = ? RETURNING next_free"
RETURNED = "UPDATE bucket SET next_free = next_free - ? WHERE name = ?"


@dataclass(frozen=True, slots=True)
class Limit:
    """A bucket that holds for a mailing, and its rate."""

    name: str
    per_minute: float

    def cost(self, messages: int) -> int:
        """Milliseconds that `messages` take at this rate."""
        return round(messages * 60_000 / self.per_minute)


class Throttle:
    """The limits that hold for one mailing. Without any, everything may leave at once."""

    def __init__(self, limits: Sequence[Limit]) -> None:
        self.limits = list(limits)

    @classmethod
    def of(cls, mailing: Mailing, settings: Settings) -> Throttle:
        """The installation's rate (MAILINGS_RATE) and the mailing's own."""
        rates = [("installation", settings.rate), (f"mailing:{mailing.name}", mailing.rate)]
        return cls([Limit(name, rate) for name, rate in rates if rate])

    def make(self, connection: Connection) -> None:
        """Make or update the buckets. In one order, so that two runs cannot wait for each other."""
        for limit in self.limits:
            connection.exec_driver_sql(driver_sql(connection, MADE), (limit.name, limit.per_minute))

    def batch(self, wanted: int) -> int:
        """How many to reserve at a time when `wanted` could be used."""
        slowest = min((limit.per_minute for limit in self.limits), default=None)
        return wanted if slowest is None else max(1, min(wanted, int(slowest / 60 * WORTH)))

    def reserve(self, database: Database, messages: int) -> float:
        """Take `messages` from every bucket; seconds to wait before the first may leave."""
        if not self.limits:
            return 0.0
        now, free = milliseconds(), 0
        with database.connection() as connection:
            for limit in self.limits:
                marks = (now, now, limit.cost(messages), limit.name)
                ahead = connection.exec_driver_sql(driver_sql(connection, RESERVED), marks).scalar_one()
                free = max(free, ahead - limit.cost(messages))
        return max(0.0, (free - now) / 1000)

    def give_back(self, database: Database, messages: int) -> None:
        """Return what was reserved and not used."""
        if not self.limits or messages <= 0:
            return
        with database.connection() as connection:
            for limit in self.limits:
                connection.exec_driver_sql(driver_sql(connection, RETURNED), (limit.cost(messages), limit.name))
