"""A heart: one small thread that renews a run's leases while its senders wait for slow servers, and knows when they were not."""

from __future__ import annotations

import logging
import threading
import time

from sqlalchemy.exc import SQLAlchemyError

from mailings.db import Database
from mailings.errors import MailingsError
from mailings.sending import leases

BEAT = 5.0  # seconds; six beats fit in leases.LAPSE

#: a clock that nobody sets, and that goes on while the machine sleeps
CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)

log = logging.getLogger(__name__)


class Heart:
    """Renews `lease_ids` every few seconds until stopped. A database that does not answer is asked again at the next beat."""

    def __init__(self, database: Database, lease_ids: list[int]) -> None:
        self.database, self.lease_ids = database, lease_ids
        self._held = 0.0
        self.held()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="mailings-leases", daemon=True)
        self._thread.start()

    def held(self, since: float | None = None) -> None:
        """A commit proved that the leases are ours; it began at `since`, on `clock`."""
        self._held = max(self._held, clock() if since is None else since)

    def stands(self) -> bool:
        """False when nothing has proved for leases.LAPSE that they are ours: we slept, or were cut off, and others may have our mail."""
        return clock() - self._held < leases.LAPSE.total_seconds()

    def stop(self) -> None:
        """Renew no more."""
        self._stopped.set()
        self._thread.join(timeout=2)

    def _beat(self) -> None:
        while not self._stopped.wait(BEAT):
            began = clock()
            try:
                with self.database.writing() as session:
                    ours = leases.renew(session, list(self.lease_ids))
                if ours and self.stands():  # after a sleep only a claim proves it: what is in hand was judged long ago
                    self.held(began)
            except (MailingsError, SQLAlchemyError) as error:  # whatever it is: a thread that ends lets a living sender look dead
                log.warning("the leases could not be renewed, trying again in %d s: %s", BEAT, error)


def clock() -> float:
    """Seconds since some moment, those that the machine slept among them."""
    return time.clock_gettime(CLOCK)
