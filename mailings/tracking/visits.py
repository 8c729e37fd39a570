"""Visits: what our own door saw of readers, taken at once and written together by a thread of its own (domain.md D31)."""

from __future__ import annotations

import logging
import time
from collections import deque
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address, ip_network
from threading import Condition, Lock, Thread

from sqlalchemy import text

from mailings.db import Database
from mailings.errors import Unreachable
from mailings.readable import counted
from mailings.reported import EventKind
from mailings.settings import Settings

log = logging.getLogger(__name__)

INTERVAL = 0.5  # seconds visits wait to be written together; D31 allows one
BATCH = 1_000  # in one transaction: 50 times the rate of one each on PostgreSQL (fast.md 1)
HELD = 100_000  # visits kept in memory, about 40 MB
AGAIN = 2.0  # seconds until a database that does not answer is asked again
#: who records receipts may hold some of our rows and wait for others; PostgreSQL ends whoever has waited a second, so we give way first
PATIENCE = "SET LOCAL lock_timeout = '500ms'"
FAREWELL = 10.0  # seconds a database that does not answer is asked for at the end
APPLE = "17.0.0.0/24"  #: a network of Apple's, whichever
AGENT = 1024  # characters of a user agent that are kept (domain.md E.2)


@dataclass(frozen=True, slots=True)
class Visit:
    """One visit of a reader. `method` only where it was not GET; `agent` '' where none was named; no mailing = the delivery's."""

    kind: EventKind
    at: datetime
    mailing_id: int | None
    delivery_id: int
    link: int | None = None
    url: str | None = None
    method: str | None = None
    agent: str = ""
    network: str | None = None


class Visits:
    """Visits on their way into the database. Any thread may put; what is put is written within a second, and by `stop()` at the latest."""

    def __init__(self, database: Database, settings: Settings, *, held: int = HELD) -> None:
        # here, for the errands that recording runs speak of visits themselves
        from mailings.tracking.recording import record_visits  # noqa: PLC0415

        self.database, self.settings, self._record = database, settings, record_visits
        self.held = held
        self.lost = 0  #: visits that found no room while the database was away
        self._waiting: deque[Visit] = deque()
        self._changed = Condition()
        self._writing = Lock()
        self._thread: Thread | None = None
        self._stopping = self._away = False

    def put(self, visit: Visit) -> None:
        """Keep a visit; never raises. Where no more can be held it waits until there is room, so that none is lost."""
        with self._changed:
            self._waiting.append(visit)
            full = len(self._waiting) > self.held
        if full and (self._away or not self.flush()):
            self._lose()

    def start(self) -> None:
        """Begin to write, in a thread of its own."""
        if self._thread is None:
            self._stopping, self._thread = False, Thread(target=self._run, name="visits", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Write all there is and end. Says in the log how many could not be written, where the database is away."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        deadline = time.monotonic() + FAREWELL
        while not self.flush() and time.monotonic() < deadline:
            time.sleep(0.2)
        if left := len(self._waiting) + self.lost:
            gone = counted(left, "click or open", "clicks and opens")
            log.error("Could not be written, and lost: %s. The database does not answer.", gone)

    def flush(self) -> bool:
        """Write all there is now. False where the database does not answer: then it is kept."""
        with self._writing:
            while batch := self._taken():
                if left := self._write(batch):
                    with self._changed:
                        self._waiting.extendleft(reversed(left))
                    return False
        return True

    def _run(self) -> None:
        while not self._stopping:
            self._pause(INTERVAL)
            if not self.flush():
                self._pause(AGAIN)

    def _pause(self, seconds: float) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._stopping, timeout=seconds)

    def _taken(self) -> list[Visit]:
        with self._changed:
            return [self._waiting.popleft() for _ in range(min(BATCH, len(self._waiting)))]

    def _lose(self) -> None:
        with self._changed:
            self._waiting.pop()
            self.lost += 1
        if self.lost == 1:
            log.error("Clicks and opens are lost from now on: the database does not answer and no more can be held.")

    def _write(self, batch: list[Visit]) -> list[Visit]:
        """Write them; what is left because the database does not answer."""
        try:
            with self.database.writing() as session:
                if not self.database.sqlite:
                    session.execute(text(PATIENCE))
                self._record(session, batch, self.settings)
        except Unreachable as error:
            if not self._away:
                log.warning("Clicks and opens are kept in memory until the database answers: %s", error)
            self._away = True
            return batch
        except Exception:  # one visit that cannot be written must not keep the others from being so
            return self._halves(batch)
        if self._away:
            log.warning("The database answers again; clicks and opens are written.")
        self._away = False
        return []

    def _halves(self, batch: list[Visit]) -> list[Visit]:
        if len(batch) == 1:
            log.exception("A visit cannot be written and is left out: %s of delivery %s.", batch[0].kind, batch[0].delivery_id)
            return []
        half = len(batch) // 2
        left = self._write(batch[:half])
        return [*left, *batch[half:]] if left else self._write(batch[half:])


def kept_network(network: str | None, *, keep: bool) -> str | None:
    """What is kept of a visitor's network: all of it, or no more than that it is Apple's own, which a rule asks for (machines.py)."""
    if keep or network is None:
        return network
    return APPLE if network.startswith("17.") else None


def network_of(ip: str) -> str | None:
    """The network of an address, which is all that is kept of it: an IPv4 address cut to /24, an IPv6 one to /48. None = no address."""
    try:
        address = ip_address(ip.partition("%")[0])
    except ValueError:
        return None
    address = getattr(address, "ipv4_mapped", None) or address
    return str(ip_network((address, 24 if address.version == 4 else 48), strict=False))
