"""Where `mailings up` keeps its things: the server's folder, logs, the lock of one `up` a folder, and the word where its API is."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import IO

from cli.engine_folder import own
from mailings.errors import NotAllowed, Unreachable

FOLDER = Path("var/prefect")  # beside the default database
WORD = "up.json"


@dataclass(frozen=True)
class Place:
    """The folder of one installation's `up`. `lock` is inherited by the children: it stays held until the last of them is gone."""

    folder: Path
    lock: IO[str]
    word: IO[str]

    @cached_property
    def server(self) -> Path:
        """PREFECT_HOME of the server: its database, unless the installation names another."""
        return self.folder / "server"

    def log(self, name: str) -> Path:
        """Where a child's output goes."""
        return self.folder / f"{name}.log"

    def tell(self, url: str | None) -> None:
        """Let commands in this folder use the server at this API from now on; None: there is none yet."""
        self.word.truncate(0)
        self.word.write(json.dumps({"url": url, "pid": os.getpid()}))
        self.word.flush()


@contextmanager
def own_place() -> Iterator[Place]:
    """This installation's place, held for the block. Raises NotAllowed while another `up` has it, Unreachable where nothing can be kept."""
    folder = FOLDER.absolute()
    try:
        own(folder)
        own(folder / "server")
        with (folder / "up.lock").open("a") as lock, (folder / WORD).open("a") as word:
            if not (_taken(lock) and _taken(word, 1.0)):  # who only asks where the API is holds the word for an instant
                raise NotAllowed(f"mailings up runs in this folder already ({_whose(folder)}); end that one first, with Ctrl-C.")
            place = Place(folder, lock, word)
            place.tell(None)
            try:
                yield place
            finally:
                word.truncate(0)
    except OSError as error:
        raise Unreachable(f"mailings up cannot keep its files in {folder}: {error.strerror}; make it writable.") from error


def api_here() -> str | None:
    """The API of the `up` that runs in this folder; None where none does."""
    with suppress(OSError, ValueError), (FOLDER / WORD).open() as word:
        return None if _taken(word) else json.load(word)["url"]
    return None


def _taken(file: IO[str], patience: float = 0.0) -> bool:
    """Lock the file until it is closed; False where somebody else has it for longer than so many seconds."""
    import fcntl  # noqa: PLC0415  Unix only; the rest of the command line runs anywhere

    deadline = time.monotonic() + patience
    while True:
        with suppress(BlockingIOError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        if time.monotonic() >= deadline:
            return False
        time.sleep(0.05)


def _whose(folder: Path) -> str:
    with suppress(OSError, ValueError, KeyError):
        return f"process {json.loads((folder / WORD).read_text())['pid']}"
    return "it is starting, or ending"
