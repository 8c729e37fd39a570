"""Two who do something in the same moment: the second begins when the first is done and not yet committed."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar

from sqlalchemy import text
from sqlalchemy.orm import Session

from mailings.db import Database

T = TypeVar("T")


def meanwhile(db: Database, first: Callable[[Session], Any], second: Callable[[], T]) -> T:
    """What `second` comes to, begun when `first` is done and not yet committed: it sees nothing of it, and waits."""
    came: list[T] = []
    other = threading.Thread(target=lambda: came.append(second()))
    with db.writing() as session:
        first(session)
        session.flush()
        other.start()
        until = time.monotonic() + 60
        while not db.sqlite and not _waits(db) and other.is_alive() and time.monotonic() < until:
            time.sleep(0.01)
    other.join(120)
    assert came, "it raised, or hangs"
    return came[0]


def _waits(db: Database) -> bool:
    """Whether somebody waits for a lock of this database."""
    here = "pid IN (SELECT pid FROM pg_stat_activity WHERE datname = current_database())"
    with db.reading() as session:
        return bool(session.scalar(text(f"SELECT count(*) FROM pg_locks WHERE NOT granted AND {here}")))
