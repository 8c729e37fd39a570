"""How fast: the limits every message of one mailing passes, shared by all who send, and reserved in one transaction."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Self

from sqlalchemy import Connection

from mailings import seams
from mailings.channels import carrier
from mailings.clock import milliseconds
from mailings.db import Database, driver_sql
from mailings.model import Mailing, MailingType
from mailings.readable import spoken
from mailings.seams import Seam
from mailings.sending.limits import buckets, rates
from mailings.sending.limits.caps import Caps
from mailings.sending.limits.names import INSTALLATION, sender_names
from mailings.sending.limits.rates import State
from mailings.sending.limits.reserving import Charge, Decision, Reservation, decide
from mailings.settings import Settings

__all__ = ["Reservation", "Throttle"]

SEEN = 2.0  # seconds a look at the limits holds
LONG = 60.0  # seconds of waiting that are worth a line in the log

log = logging.getLogger(__name__)

# for the limits of settings and mailings, which need a place to count in
MAKE = "INSERT INTO bucket (name, burst, zone, next_free, day_count) VALUES (?, 1, 'UTC', 0, 0) ON CONFLICT (name) DO NOTHING"


class Throttle:
    """The limits of one mailing, from narrow to broad. Where none is set, everything may leave at once and nobody is asked."""

    def __init__(self, names: Sequence[str], beside: Mapping[str, float], caps: Caps | None = None) -> None:
        self.names = list(names)
        self.beside = dict(beside)  # messages a minute that hold beside what the buckets say, by name
        self.caps = caps  # of text messages
        self._always = bool(beside) or (caps is not None and caps.per_day is not None)
        self.limited = self._always
        self._seen = -math.inf
        self._told: str | None = None

    @classmethod
    def of(cls, mailing: Mailing, settings: Settings) -> Self:
        """Those of the mailing, its sender's address and domain, its transport and the installation; MAILINGS_RATE and `rate` with them.

        None for letters: they are printed here, and nobody is written to faster or slower.
        """
        if mailing.type is MailingType.DOCUMENT:
            return cls([], {})
        senders = sender_names(str(mailing.sender.get("address") or ""))
        own, whole = f"mailing:{mailing.name}", INSTALLATION
        rates = {own: mailing.rate, whole: settings.rate}
        beside = {name: rate for name, rate in rates.items() if rate}
        return cls([own, *senders, f"transport:{carrier(mailing, settings)}", whole], beside, Caps.of(mailing, settings))

    def make(self, connection: Connection) -> None:
        """Make the buckets that settings and mailing need. In one order, so that two runs cannot wait for each other."""
        for name in sorted(self.beside):
            connection.exec_driver_sql(driver_sql(connection, MAKE), (name,))
        self.refresh(connection)

    def refresh(self, connection: Connection) -> None:
        """Look whether a limit was set or removed meanwhile, at most once in two seconds."""
        if time.monotonic() - self._seen >= SEEN:
            self._seen = time.monotonic()
            self.limited = self._always or bool(self.limits(connection, locked=False))

    def reserve(self, database: Database, wanted: int) -> Reservation:
        """Tokens for up to `wanted` messages, in every bucket at once; or, with 0 messages, when to ask again and why."""
        with database.connection() as connection:
            began = time.monotonic()  # before the clock is read: a process that is stopped here loses of its slot, and cannot use it late
            limits, now = self.limits(connection, locked=True), milliseconds()
            if (day := self.caps.day(connection, now, wanted) if self.caps else None) is not None:
                if (opens := day.opens(now)) > now:
                    return Reservation(0, (opens - now) / 1000, day.sentence)
                wanted = min(wanted, day.room())
            if not limits:
                self.limited = self._always
                return Reservation(wanted)
            now = milliseconds()
            decision = decide(limits, wanted, now)
            wait = (decision.start - now) / 1000
            if not decision.messages:
                self._tell(decision.why, wait)
                return Reservation(0, wait, decision.why)
            charges = _charged(connection, limits, decision)
        slot = min(rates.closes(state, decision.start) for state in limits) - now
        return Reservation(decision.messages, wait, None, time.monotonic() + wait, began + slot / 1000, charges)

    def give_back(self, database: Database, reservation: Reservation) -> None:
        """Return what of a reservation was not used. It is used up afterwards."""
        unused, reservation.left = reservation.left, 0
        if not unused or not reservation.charges:
            return
        with database.connection() as connection:
            seams.before(Seam.RESERVE)
            for charge in reservation.charges:
                buckets.give_back(connection, charge.after, charge.messages, unused)
            seams.after(Seam.RESERVE)

    def _tell(self, why: str | None, wait: float) -> None:
        """A line in the log for a long wait, once."""
        if wait >= LONG and why != self._told:
            self._told = why
            log.info("Nothing may leave for %s: %s", timedelta(seconds=round(wait)), spoken(why or ""))

    def limits(self, connection: Connection, *, locked: bool) -> list[State]:
        """The buckets that hold anything back, from narrow to broad; `locked` until the transaction ends."""
        found = buckets.states(connection, self.names, locked=locked)
        if locked and not self.beside.keys() <= {state.name for state in found}:  # a person removed one that settings or mailing still need
            self.make(connection)
            found = buckets.states(connection, self.names, locked=True)
        limits = [state.at_most(self.beside.get(state.name)) for state in found]
        return [state for state in limits if state.limits]


def _charged(connection: Connection, limits: Sequence[State], decision: Decision) -> list[Charge]:
    seams.before(Seam.RESERVE)
    for state in limits:
        buckets.charge(connection, state, decision.messages, decision.start)
    seams.after(Seam.RESERVE)
    return [Charge(rates.charged(state, decision.messages, decision.start), decision.messages) for state in limits]
