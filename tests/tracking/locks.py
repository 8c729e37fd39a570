"""Who waits for whom on PostgreSQL, as the database itself tells it: no test of locks guesses how long another thread takes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, event, text

from mailings.db import Database

LONGEST = 60.0  # seconds
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
OPEN = """SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend' AND xact_start IS NOT NULL"""
#: whoever waits in this transaction gives up before the database, left to itself, would pick one of those who wait in a circle
GIVES_WAY_FIRST = """SELECT ours.setting::int BETWEEN 1 AND usual.reset_val::int - 1 FROM pg_settings ours, pg_settings usual
    WHERE ours.name = 'lock_timeout' AND usual.name = 'deadlock_timeout'"""


@contextmanager
def nobody_is_picked(db: Database) -> Iterator[None]:
    """Of those who wait in a circle the database picks one after a minute, not after a second: half of one can be as long at times."""

    def later(connection: Connection) -> None:
        connection.exec_driver_sql(f"SET LOCAL deadlock_timeout = '{LONGEST:.0f}s'")

    event.listen(db.engine, "begin", later)
    try:
        yield
    finally:
        event.remove(db.engine, "begin", later)


def wait_for_waiting(db: Database, many: int, over: Callable[[], bool]) -> None:
    """Return when so many wait for a lock, or when it is `over`: whoever waited gave up before anybody looked."""
    until = time.monotonic() + LONGEST
    while not over():
        with db.reading() as session:
            if session.execute(text(WAITING)).scalar_one() >= many:
                return
        assert time.monotonic() < until, "nobody waits"
        time.sleep(0.005)


def wait_for_the_end(db: Database) -> None:
    """Return when nobody but us is in a transaction: what a process that was killed had locked is free when the database has noticed."""
    until = time.monotonic() + LONGEST
    while True:
        with db.reading() as session:
            if not session.execute(text(OPEN)).scalar_one():
                return
        assert time.monotonic() < until, "somebody is still at it"
        time.sleep(0.005)
