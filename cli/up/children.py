"""One process that `mailings up` keeps: started with a log of its own, started again when it dies, ended by its pid."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

WAITS = (1.0, 2.0, 5.0, 15.0, 30.0, 60.0)  # seconds before a child that died is started again: one that dies at once stays cheap
STEADY = 60.0  # seconds alive after which a death is the first again
FULL = 5_000_000  # bytes of a log; then it becomes the older one, and there are never more than two
TAIL = 4000  # bytes at the end of a log in which the reason stands


@dataclass(frozen=True)
class Part:
    """What to run. `words` = module and arguments; `grace` = seconds it may take to end; `name` is what people read."""

    name: str
    words: tuple[str, ...]
    env: Mapping[str, str]
    grace: float


class Child:
    """A running part. `held` = a file descriptor it inherits, which stays locked while it lives."""

    def __init__(self, part: Part, log: Path, held: int) -> None:
        self.part, self.log, self.held = part, log, held
        self.deaths, self.again_at = 0, 0.0
        self.start()

    def start(self) -> None:
        """Launch it; also again, when it died."""
        self.trim()
        self.began, self.again_at = time.monotonic(), 0.0
        with self.log.open("a") as log:
            self.process = subprocess.Popen(  # noqa: S603  our own interpreter and our own words
                [sys.executable, "-m", "cli.guarded", f"{self.part.grace:g}", *self.part.words],
                env=dict(self.part.env),
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                pass_fds=(self.held,),
                start_new_session=True,  # Ctrl-C at the terminal is for `up`, which ends its children in order
            )

    @property
    def alive(self) -> bool:
        """Whether its process runs."""
        return self.process.poll() is None

    def kept_up(self) -> str:
        """Start it again where it died and has waited; what to say about it, mostly nothing."""
        if self.alive:
            self.deaths = 0 if time.monotonic() - self.began > STEADY else self.deaths
            self.trim()
            return ""
        if not self.again_at:
            wait = WAITS[min(self.deaths, len(WAITS) - 1)]
            self.deaths, self.again_at = self.deaths + 1, time.monotonic() + wait
            return f"ended ({self.why()}); it is started again in {wait:g} s. Its log: {self.log}"
        if time.monotonic() < self.again_at:
            return ""
        self.start()
        return "is started again"

    def why(self) -> str:
        """How its process ended, in words."""
        code = self.process.returncode
        return f"by {signal.Signals(-code).name}" if code and code < 0 else f"exit code {code}"

    def last_words(self) -> str:
        """The last line of its log."""
        with suppress(OSError):
            lines = self.log.read_bytes()[-TAIL:].decode("utf-8", "replace").splitlines()
            return next((line.strip() for line in reversed(lines) if line.strip()), "")
        return ""

    def trim(self) -> None:
        """Make a log that is full the older one. It is copied and emptied: the child goes on writing at its (new) end."""
        with suppress(FileNotFoundError):
            if self.log.stat().st_size > FULL:
                shutil.copyfile(self.log, self.log.with_suffix(".log.1"))
                os.truncate(self.log, 0)

    def ask_to_end(self) -> None:
        """SIGTERM: it finishes what is in hand."""
        self.process.terminate()

    def kill(self) -> None:
        """End it now, with what it started in its own group."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def let_go(self) -> None:
        """Close our end of its pipe, once it is gone."""
        if self.process.stdin:
            self.process.stdin.close()
