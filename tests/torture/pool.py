"""Several processes that play cases, each in chambers of its own; all of them see the same world at the beginning of a case."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import ExitStack, contextmanager
from functools import cache
from multiprocessing import get_context
from pathlib import Path

from tests import postgres
from tests.torture.cases import Case, Passed, Plan, played, undisturbed
from tests.torture.chamber import Chamber
from tests.torture.far_sides import FARS
from tests.torture.stores import PostgresStore, SqliteStore, postgres_world, sqlite_world
from tests.torture.stories import STORIES

# database -> SQLite file or PostgreSQL server, and the folder of all; set before the pool's processes are made
_worlds: dict[str, str] = {}
_kept = ExitStack()  # a worker's far sides, open as long as it lives


class Pool:
    """Counts passages and plays plans, `workers` at a time."""

    def __init__(self, workers: int) -> None:
        self._processes = ProcessPoolExecutor(workers, mp_context=get_context("fork"))

    def undisturbed(self, wheres: Sequence[tuple[str, str]]) -> dict[tuple[str, str], Passed]:
        """The passages of a run nobody kills, for each database and transport."""
        return dict(zip(wheres, self._processes.map(_counted, wheres), strict=True))

    def played(self, plans: Sequence[Plan]) -> Iterator[list[Case]]:
        """The cases of each plan, as they are done."""
        for done in as_completed([self._processes.submit(_played, plan) for plan in plans]):
            yield done.result()

    def close(self) -> None:
        """Play no more."""
        self._processes.shutdown(cancel_futures=True)


@contextmanager
def pool(databases: Sequence[str], workers: int | None = None) -> Iterator[Pool]:
    """A pool with its worlds made; everything is gone at the end."""
    with ExitStack() as stack:
        # in memory where that is possible: SIGKILL takes no written page along, so the truth is the same, and nobody waits for a disk
        shared = Path("/dev/shm")
        place = Path(tempfile.mkdtemp(prefix="mailings-torture-", dir=shared if os.access(shared, os.W_OK) else None))
        stack.callback(shutil.rmtree, place, ignore_errors=True)
        _worlds["place"] = str(place)
        if "sqlite" in databases:
            _worlds["sqlite"] = str(sqlite_world(place))
        if "postgres" in databases:
            found = postgres.binaries()
            assert found is not None
            _worlds["postgres"] = stack.enter_context(postgres.running(found))
            postgres_world(_worlds["postgres"])
        made = Pool(workers or os.cpu_count() or 1)
        stack.callback(made.close)
        yield made


@cache
def _chamber(where: tuple[str, str]) -> Chamber:
    database, transport = where
    place = Path(_worlds["place"]) / f"{os.getpid()}-{database}-{transport}"
    place.mkdir()
    store = SqliteStore(Path(_worlds["sqlite"]), place) if database == "sqlite" else PostgresStore(_worlds["postgres"], transport)
    made = Chamber(place, store, _kept.enter_context(FARS[transport](place)), transport)
    made.warm()
    return made


def _counted(where: tuple[str, str]) -> Passed:
    return undisturbed(_chamber(where))


def _played(plan: Plan) -> list[Case]:
    play = STORIES[plan.story] if plan.story else played
    return list(play(_chamber(plan.where), plan))
