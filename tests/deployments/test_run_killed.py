"""kill -9 of a run's process and of the worker: the run is seen to have crashed, and the mailing goes on."""

from __future__ import annotations

import os
import signal

import pytest

from tests.deployments.place import PEOPLE, Place, lives
from tests.deployments.server import until
from tests.deployments.test_runs import begun

pytestmark = [pytest.mark.slow, pytest.mark.prefect, pytest.mark.xdist_group("server")]


def crashed(place: Place, run: str) -> None:
    """Wait until the run's history says that it crashed."""
    until(lambda: "CRASHED" in [state["type"] for state in states(place, run)], what="a crash that is seen")


def states(place: Place, run: str) -> list[dict[str, str]]:
    """The states a run went through."""
    found: list[dict[str, str]] = place.server.api.get("/flow_run_states/", params={"flow_run_id": run}).raise_for_status().json()
    return found


def books_balance(place: Place, number: int) -> bool:
    """Whether everybody is sent or in doubt, nobody has two messages, and whoever is sent has one."""
    counts, letters = place.counts(number), place.letters(number)
    assert counts.keys() <= {"sent", "in_doubt"}
    assert sum(counts.values()) == PEOPLE
    return letters.total() == len(letters) and counts["sent"] <= len(letters) <= PEOPLE


def test_its_process(place: Place) -> None:
    """A run whose process is killed is Crashed, and the mailing goes on: nobody twice, and only what was in hand is in doubt."""
    number, run = begun(place, "drept")
    place.until_sent(number, 3)
    os.kill(place.process(run), signal.SIGKILL)
    in_hand = place.counts(number).get("sending", 0)
    crashed(place, run)
    place.goes_on(number)
    assert books_balance(place, number)
    assert place.counts(number).get("in_doubt", 0) <= max(in_hand, 10)


def test_its_worker(place: Place) -> None:
    """A run whose worker is killed stops by itself: no sender is left that nobody watches. With a new worker the mailing goes on."""
    number, run = begun(place, "uten-arbeider")
    place.until_sent(number, 3)
    assert place.worker
    pid = place.process(run)
    place.worker.kill()
    place.worker.wait(60)
    until(lambda: not lives(pid), what="the end of the orphan")
    assert place.counts(number).get("queued", 0) > 0
    place.work()
    place.goes_on(number)
    assert books_balance(place, number)
