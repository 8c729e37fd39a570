"""A heart: one small thread that renews a run's leases while its senders wait for slow servers."""

from __future__ import annotations

import logging
import threading

from sqlalchemy.exc import SQLAlchemyError

from mailings.db import Database
from mailings.errors import MailingsError
from mailings.sending import leases

BEAT = 5.0  # seconds; six beats fit in leases.LAPSE

log = logging.getLogger(__name__)


class Heart:
    """Renews `lease_ids` every few seconds until stopped. A database that does not answer is asked again at the next beat."""

    def __init__(self, database: Database, lease_ids: list[int]) -> None:
        self.database, self.lease_ids = database, lease_ids
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="mailings-leases", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Renew no more."""
        self._stopped.set()
        self._thread.join(timeout=2)

    def _beat(self) -> None:
        while not self._stopped.wait(BEAT):
            try:
                with self.database.writing() as session:
                    leases.renew(session, list(self.lease_ids))
            except (MailingsError, SQLAlchemyError) as error:  # whatever it is: a thread that ends lets a living sender look dead
                log.warning("the leases could not be renewed, trying again in %d s: %s", BEAT, error)
