"""What time it is. A test sets the clock with `standing_at`; nothing else in the domain asks the system for the time."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

_fixed: list[float] = []


def timestamp() -> float:
    """Seconds since 1970 in UTC."""
    return _fixed[-1] if _fixed else time.time()


def milliseconds() -> int:
    """The moment as tables keep it: whole milliseconds since 1970 in UTC."""
    return int(timestamp() * 1000)


def now() -> datetime:
    """The moment as an aware datetime in UTC."""
    return datetime.fromtimestamp(timestamp(), UTC)


def stands() -> bool:
    """True while a test holds the clock: then nobody asks a server for the time either."""
    return bool(_fixed)


@contextmanager
def standing_at(moment: datetime) -> Iterator[None]:
    """Let the clock stand at `moment` for the block (tests, and renderings that must come out alike)."""
    _fixed.append(moment.timestamp())
    try:
        yield
    finally:
        _fixed.pop()
