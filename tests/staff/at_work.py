"""Argon2 kept waiting, to see what else waits with it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from mailings.staff.passwords import AT_WORK


@contextmanager
def nothing_hashed() -> Iterator[None]:
    """While this lasts whoever would hash a password waits."""
    with AT_WORK, AT_WORK:
        yield
