"""A run through the memory transport, in batches of four, portion by portion."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from mailings.db import Database
from mailings.sending.deliver import Portion, deliver_portion
from mailings.sending.run import Run, conducting
from mailings.settings import Settings
from tests.sending.letters import Letters


@contextmanager
def running(db: Database, **facts: object) -> Iterator[Run]:
    """A run of høst-nytt."""
    """A run on the memory transport with letters that need no template."""
    with conducting(db, "høst-nytt", Settings(email_transport="memory", **facts)) as run:
        run.compiled, run.batch_size, run.short_waits = Letters(), 4, (0.01, 0.01, 0.01)
        yield run


def portions(db: Database, limit: int = 1000, **facts: object) -> list[Portion]:
    """Deliver until no portion should follow."""
    """Portions, one after the other, until nothing more can be done now."""
    with running(db, **facts) as run:
        done = [deliver_portion(db, run, limit)]
        while done[-1].more and len(done) < 50:
            done.append(deliver_portion(db, run, limit))
        return done
