"""Seams: the named places every effect of sending passes. In service nobody watches; `make torture` ends the process at each of them."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum


class Seam(StrEnum):
    """An effect that a crash may cut off: the process may die before it or after it."""

    COMMIT = "commit"  #: a writing transaction is committed
    LEASE = "lease taken"
    POPULATE = "population step"  #: one statement that makes or changes the recipient list
    QUEUE = "deliveries queued"
    RESERVE = "tokens reserved"
    CLAIM = "batch claimed"  #: with the receipts so far; its commit lies within
    HAND_OVER = "hand-over begun"  #: from here on the other side may have the message
    ANSWER = "hand-over answered"  #: the transport knows what became of one message
    RECORD = "receipts recorded"
    RECOVER = "doubt marked"  #: what a dead sender held is put in doubt
    SETTLE = "doubt settled"
    CLOSE = "mailing closed"
    MERGE = "letters merged"  #: printed letters become one PDF


Watcher = Callable[[Seam, str], None]  # the seam, and "before" or "after"

_watchers: list[Watcher] = []


def before(seam: Seam) -> None:
    """The effect is about to happen."""
    for watcher in _watchers:
        watcher(seam, "before")


def after(seam: Seam) -> None:
    """The effect has happened."""
    for watcher in _watchers:
        watcher(seam, "after")


def watch(watcher: Watcher) -> None:
    """Tell `watcher` of every passage in this process, from now on: torture, measurements."""
    _watchers.append(watcher)


def unwatch(watcher: Watcher) -> None:
    """Tell it no more."""
    _watchers.remove(watcher)
