"""Which process this is, and whether another one on this host still lives."""

from __future__ import annotations

import os
import socket
from functools import lru_cache
from pathlib import Path


@lru_cache(maxsize=1)
def host() -> str:
    """This host: its name, its boot, and where there is one the PID namespace.

    Containers may share a name but not their process ids. Two machines may be called the same, and each calls its first namespace so too.
    """
    try:
        space, boot = Path("/proc/self/ns/pid").readlink().name, Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return socket.gethostname()
    return f"{socket.gethostname()} {space} {boot}"


def started(pid: int) -> int:
    """When the process began, in clock ticks since boot; 0 where the system does not tell, -1 when it is gone."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return -1 if Path("/proc/self/stat").exists() else _asked(pid)
    state, *rest = stat.rpartition(")")[2].split()
    return -1 if state in "ZX" else int(rest[18])  # a zombie does nothing more; starttime is field 22 of proc(5)


def _asked(pid: int) -> int:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return -1
    except PermissionError:
        return 0
    return 0
