"""The processes a child of ours began: a worker's runs are in sessions of their own, and outlive it when it is killed."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

PROC = Path("/proc")


def descendants(pid: int) -> set[tuple[int, str]]:
    """Everything begun by the process and by what it began, each with the moment of its start, so that a pid used anew is another.

    Empty where the system does not tell (macOS): there runs end by themselves, some seconds after their worker.
    """
    everyone = _all()
    parents = {child: parent for child, parent, _ in everyone}
    return {(child, began) for child, _, began in everyone if pid in _ancestors(child, parents)}


def _ancestors(pid: int, parents: dict[int, int]) -> Iterator[int]:
    while (pid := parents.get(pid, 0)) > 1:
        yield pid


def left_of(family: set[tuple[int, str]]) -> set[tuple[int, str]]:
    """Those that have not ended."""
    return family & {(pid, began) for pid, _, began in _all()}


def kill_all(family: set[tuple[int, str]]) -> None:
    """End what is left of them now."""
    for pid, _ in left_of(family):
        with suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)


def _all() -> list[tuple[int, int, str]]:
    """Every process that has not ended: pid, its parent's, the clock tick it began."""
    found = []
    for folder in PROC.glob("[0-9]*"):
        with suppress(OSError, IndexError):
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
            if fields[0] != "Z":
                found.append((int(folder.name), int(fields[1]), fields[19]))
    return found
