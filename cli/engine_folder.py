"""A folder for each engine that runs at the same time: its Prefect database and log, held by a lock while it lives."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import IO

from mailings.errors import Unreachable

SLOTS = 50  # commands running at the same time in one folder


def own(folder: Path) -> None:
    """Make the folder, or take it over, for nobody but its owner: runs' parameters, logs and results name people."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)  # also one that an earlier version left open


@contextmanager
def own_folder(folder: Path) -> Iterator[tuple[Path, IO[str]]]:
    """The first folder nobody holds. The lock is the child's too: a server still ending keeps its folder."""
    import fcntl  # noqa: PLC0415  Unix only, like the pipe the child ends by; the rest of the command line runs anywhere

    for number in range(1, SLOTS + 1):
        home = (folder / str(number)).absolute()
        with ExitStack() as stack:
            try:
                own(home)
                lock = stack.enter_context((home / "lock").open("a+"))
            except OSError as error:
                raise Unreachable(f"The engine cannot keep its files in {folder}: {error.strerror}; make it writable.") from error
            with suppress(BlockingIOError):
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                yield home, lock
                return
    raise Unreachable(f"{SLOTS} engines are running in {folder} already; wait for one to end.")
