"""The gate: however many try to come in, argon2 has two threads and a provider that hangs has four; the rest wait, or are told to."""

from __future__ import annotations

import asyncio
import threading

import pytest

from mailings.settings import Settings
from web.desk.gate import AT_ONCE, FEW, QUEUE, Gate, TooBusy


@pytest.mark.parametrize(("way", "threads"), [("slowly", AT_ONCE), ("abroad", FEW)])
def test_a_flood_holds_no_more_than_its_threads(way: str, threads: int) -> None:
    """A hundred at once: so many are at it, twenty wait, and everybody else is told at once that it is too busy."""
    gate, begun, go_on = Gate(Settings(_env_file=None)), threading.Semaphore(0), threading.Event()  # type: ignore[call-arg]

    def works() -> str:
        """Stands for argon2, or for asking a provider."""
        begun.release()
        go_on.wait(60)
        return "done"

    async def flood() -> list[object]:
        """All of them at once."""
        tries = [asyncio.create_task(getattr(gate, way)(works)) for _ in range(100)]
        for _ in range(threads):
            await asyncio.to_thread(begun.acquire, timeout=60)
        refused = [one for one in tries if one.done()]
        assert len(refused) == 100 - threads - QUEUE
        assert not begun.acquire(blocking=False), "one more was at it"
        go_on.set()
        return list(await asyncio.gather(*tries, return_exceptions=True))

    ends = asyncio.run(flood())
    assert ends.count("done") == threads + QUEUE
    assert all(isinstance(end, TooBusy) for end in ends if end != "done")
