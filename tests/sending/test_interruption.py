"""Ctrl-C and SIGTERM: what is in hand is finished first, and a second one does not wait."""

from __future__ import annotations

import signal
import threading
import time

import pytest

from mailings.sending.interruption import finishing_what_is_in_hand


def block(seconds: float, signals: int, grace: float = 25.0) -> None:
    """A block that meets so many Ctrl-C and would then go on for so long."""
    with finishing_what_is_in_hand(threading.Event(), grace):
        for _ in range(signals):
            signal.raise_signal(signal.SIGINT)
        time.sleep(seconds)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_lets_the_block_finish(number: int) -> None:
    """The block sees that it should stop and runs to its end; then the signal does what it would have done before."""
    seen: list[int] = []
    stop, finished = threading.Event(), False
    before = signal.signal(number, lambda n, _: seen.append(n))
    try:
        with finishing_what_is_in_hand(stop):
            signal.raise_signal(number)
            assert stop.is_set()
            assert seen == []
            finished = True
        assert finished
        assert seen == [number]
        assert signal.getsignal(number) is not before
    finally:
        signal.signal(number, before)


def test_heard_in_the_background_too() -> None:
    """A shell starts background programs deaf to Ctrl-C; one that is sent it all the same stops, and says it was interrupted."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with pytest.raises(KeyboardInterrupt):
            block(seconds=0, signals=1)
    finally:
        signal.signal(signal.SIGINT, before)


def test_the_second_signal_interrupts() -> None:
    """Somebody who presses Ctrl-C twice means now."""
    begun = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        block(seconds=120, signals=2)
    assert time.monotonic() - begun < 60


def test_the_grace_ends() -> None:
    """A server that hangs holds nobody up for longer than the grace."""
    begun = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        block(seconds=120, signals=1, grace=0.1)
    assert time.monotonic() - begun < 60


def test_without_a_signal_nothing_changes() -> None:
    """Handlers are as before after the block, and in other threads the block simply runs."""
    before = signal.getsignal(signal.SIGINT)
    stop, ran = threading.Event(), []

    def elsewhere() -> None:
        with finishing_what_is_in_hand(stop):
            ran.append(True)

    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join()
    with finishing_what_is_in_hand(stop):
        pass
    assert (ran, stop.is_set(), signal.getsignal(signal.SIGINT)) == ([True], False, before)
