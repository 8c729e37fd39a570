"""Where the tests' files stand: in memory where there is room. A commit on a disk takes 2 to 8 ms, and a test makes dozens of them."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from pathlib import Path

MEMORY = Path("/dev/shm")
NAME = "mailings-tests-"
ENOUGH = 4 << 30  # bytes; a whole run holds one to two gigabytes at a time, a container is often given 64 megabytes


def in_memory() -> None:
    """Let all temporary files of this process and those it begins stand in memory until its end, if there is room."""
    if NAME in os.environ.get("TMPDIR", "") or not _roomy():  # a worker stands where the one that began it does
        return
    for left in MEMORY.glob(f"{NAME}*"):
        if not Path(f"/proc/{left.name.removeprefix(NAME)}").exists():  # its run was killed
            shutil.rmtree(left, ignore_errors=True)
    folder = MEMORY / f"{NAME}{os.getpid()}"
    folder.mkdir(mode=0o755, exist_ok=True)  # PostgreSQL and Dovecot run as users of their own
    os.environ["TMPDIR"] = tempfile.tempdir = str(folder)
    atexit.register(_gone, folder, os.getpid())


def _roomy() -> bool:
    try:
        found = os.statvfs(MEMORY)
    except OSError:
        return False
    return os.access(MEMORY, os.W_OK) and not found.f_flag & os.ST_NOEXEC and found.f_bavail * found.f_frsize >= ENOUGH


def _gone(folder: Path, owner: int) -> None:
    if os.getpid() == owner:  # not at the end of a fork
        shutil.rmtree(folder, ignore_errors=True)
