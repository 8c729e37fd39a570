"""Waiting without a guess at how fast a machine is: for what must come, and for a server that has fallen silent."""

from __future__ import annotations

import select
import time
from collections.abc import Callable

import pytest

from mailings.transports.smtp import Smtp, line, pool
from mailings.transports.smtp.line import Line
from mailings.transports.smtp.patience import Phase
from tests.servers.mailbox import Mailbox

LEAP = 1000.0  # seconds: more than anything here waits for


class Clock:
    """It leaps ahead once all that is waited for are answers that the server will never give."""

    def __init__(self, box: Mailbox, transport: Smtp) -> None:
        self._box, self._pool = box, transport._pool
        self._ahead = 0.0

    def monotonic(self) -> float:
        """The moment."""
        waiting = [one for one in self._pool.lines if one.waits_for is not Phase.OPEN]
        if waiting and all(self._in_vain(one) for one in waiting):
            self._ahead += LEAP
        return time.monotonic() + self._ahead

    def _in_vain(self, one: Line) -> bool:
        """Whether the server fell silent on that line, and all it said before is heard: looked at in this order."""
        silent = one._wire._socket.getsockname()[1] in self._box.silent
        return silent and not select.select([one], [], [], 0)[0]


def only_for(box: Mailbox, transport: Smtp, monkeypatch: pytest.MonkeyPatch) -> Smtp:
    """The transport, whose patience ends only for lines on which the server has fallen silent."""
    clock = Clock(box, transport)
    for module in (line, pool):
        monkeypatch.setattr(module, "time", clock)
    return transport


def until(holds: Callable[[], bool]) -> None:
    """Wait until it holds; a minute at most."""
    end = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < end, "it did not come to hold within a minute"
        time.sleep(0.01)
