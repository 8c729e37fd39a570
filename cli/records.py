"""Waits until Prefect's server has written down what this process sent it: what is not is lost when an embedded one stops."""

from __future__ import annotations

import time
from contextlib import suppress
from datetime import datetime

import httpx
from prefect.events.worker import EventsWorker
from prefect.logging.handlers import APILogWorker

DRAIN = 20.0  # seconds at most, on a machine that is busy with other things; mostly it is one or two
SETTLED, QUIET = 1.0, 4.0  # seconds without a new record that mean "all of it": every task run has its end, or one lacks it


def wait_for_records(api: str, since: datetime) -> None:
    """Wait until what this process sent is written down (7 of 100 task runs are when the server is stopped at once)."""
    deadline = time.monotonic() + DRAIN
    EventsWorker.drain_all(timeout=DRAIN)
    APILogWorker.drain_all(timeout=DRAIN)
    # a server that died has nothing to write: the run's own result stands. Prefect's own client would try again for a minute
    with suppress(httpx.HTTPError), httpx.Client(base_url=api, timeout=DRAIN) as client:
        seen, changed = (-1, -1), time.monotonic()
        while time.monotonic() < deadline:
            found = _recorded(client, since)
            if found != seen:
                seen, changed = found, time.monotonic()
            still = time.monotonic() - changed
            if still > (SETTLED if found[1] == 0 else QUIET):
                return
            time.sleep(0.1)


def _recorded(client: httpx.Client, since: datetime) -> tuple[int, int]:
    """How many task runs of flow runs since then are written down, and how many of them without their end."""
    runs = {"flow_runs": {"start_time": {"after_": since.isoformat()}}}
    unfinished = runs | {"task_runs": {"state": {"type": {"any_": ["SCHEDULED", "PENDING", "RUNNING"]}}}}
    found, open_ones = (int(client.post("task_runs/count", json=chosen).json()) for chosen in (runs, unfinished))
    return found, open_ones
