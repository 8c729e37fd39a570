"""Ctrl-C and SIGTERM while sending: finish what is in hand, record it, give back the rest, and only then end."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

GRACE = 25.0  # seconds for what is in hand; a process supervisor kills after 30


@contextmanager
def finishing_what_is_in_hand(stop: threading.Event, grace: float = GRACE) -> Iterator[None]:
    """The first signal sets `stop` and is passed on after the block; a second one, or the end of the grace, interrupts at once.

    Only the main thread may do this; elsewhere the block runs as it is.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    caught: list[signal.Signals] = []
    timer = threading.Timer(grace, os.kill, (os.getpid(), signal.SIGINT))
    timer.daemon = True

    def first(number: int, _frame: FrameType | None) -> None:
        if caught:
            raise KeyboardInterrupt
        caught.append(signal.Signals(number))
        stop.set()
        timer.start()

    before = {number: signal.signal(number, first) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        timer.cancel()
        for number, handler in before.items():
            signal.signal(number, handler)
    if caught and before[caught[0]] is signal.SIG_IGN:  # as shells start what runs in the background
        raise KeyboardInterrupt
    if caught:
        signal.raise_signal(caught[0])
