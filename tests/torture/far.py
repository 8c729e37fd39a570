"""The far side of a transport: told what to do with whom, and the witness of who was served, outside the process that is killed."""

from __future__ import annotations

import threading
import time
from abc import ABC, abstractmethod


class Far(ABC):
    """A far side. What it knows is its witness: it can be saved, and put back for another ending of the same story."""

    refuses = True  #: it can refuse somebody for good, and ask to wait
    channel = "email"  #: of the mailing it is given
    environment: dict[str, str]

    @abstractmethod
    def served(self) -> list[str]:
        """The address of every message that was handed over, in any order, as often as it was."""

    @abstractmethod
    def save(self) -> object:
        """All it knows."""

    @abstractmethod
    def restore(self, known: object) -> None:
        """Back to what it knew; None = nothing yet."""

    def begin(self) -> None:
        """A run is about to begin, in another process."""
        return

    def begin_inside(self) -> None:
        """The same, in the process that runs."""
        return

    def relent(self) -> None:
        """Inside the process, after a portion: who was asked to wait is taken from now on."""
        return

    def settle(self) -> None:
        """The run is over: wait until everything it said was heard."""
        return


def wait_for_conversations() -> None:
    """Wait until no server in this process has a conversation any more."""
    until = time.monotonic() + 20
    while any("process_request" in thread.name for thread in threading.enumerate()):  # socketserver's, one a conversation
        assert time.monotonic() < until, "a conversation with a dead process does not end"
        time.sleep(0.0005)
