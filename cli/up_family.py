"""The processes a child of ours began: a worker's runs are in sessions of their own, and outlive it when it is killed."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from pathlib import Path

PROC = Path("/proc")
NOTICE = 5.0  # seconds in which a run notices that its worker is gone (4 measured), and ends by itself


def descendants(pid: int) -> set[tuple[int, str]]:
    """Everything begun by the process and by what it began, each with the moment of its start, so that a pid used anew is another.

    Empty where the system does not tell (macOS): there runs end by themselves, some seconds after their worker.
    """
    parents = {child: (parent, began) for child, parent, began in _all()}
    found: set[tuple[int, str]] = set()
    for child, (parent, began) in parents.items():
        while parent > 1 and parent != pid:
            parent = parents.get(parent, (0, ""))[0]
        if parent == pid:
            found.add((child, began))
    return found


def kill_all(family: set[tuple[int, str]]) -> None:
    """End what is left of them: most are gone already, a run gets the seconds it needs to notice."""
    deadline = time.monotonic() + NOTICE
    while (left := family & {(pid, began) for pid, _, began in _all()}) and time.monotonic() < deadline:
        time.sleep(0.1)
    for pid, _ in left:
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
