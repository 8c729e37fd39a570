"""Where a case is played: one database and one far side, runs in processes of their own, and the kill at a chosen passage."""

from __future__ import annotations

import gc
import os
import signal
import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

import orjson
from sqlalchemy import text

from mailings import seams
from mailings.seams import Seam
from mailings.settings import settings
from tests.torture import verbs
from tests.torture.far import Far
from tests.torture.stores import Store
from tests.torture.world import ENVIRONMENT, turn

SENDING = "SELECT id FROM delivery WHERE status = 'sending'"
HELD = (
    "SELECT delivery.id FROM delivery JOIN lease ON lease.id = delivery.lease_id"
    " WHERE lease.pid = :pid AND delivery.status IN ('sending', 'in_doubt')"
)

STATE = (
    "SELECT status FROM mailing",
    "SELECT person_id, verdict FROM recipient ORDER BY id",
    "SELECT id, status, attempts, lane, next_attempt_at IS NULL FROM delivery ORDER BY id",
    "SELECT role, ended_at IS NULL FROM lease ORDER BY id",
    "SELECT delivery_id, what FROM delivery_note ORDER BY id",
)

Verb = Callable[[Callable[[], None]], None]  # what a process does; it calls what it is given after each portion

PATIENCE = 60  # seconds after which a run hangs


class Point(NamedTuple):
    """One passage of a seam in one run: the first is number 1."""

    seam: Seam
    side: str
    nth: int

    def __str__(self) -> str:
        return f'"{self.seam}" {self.side} {self.nth}'


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run ended: killed at its point, in trouble (with what it said), or well, with the passages it made."""

    killed: bool
    trouble: str | None = None
    passed: Counter[tuple[Seam, str]] = field(default_factory=Counter)


class Chamber:
    """One worker's place. Between runs this process has no connection open, so that it may fork."""

    def __init__(self, folder: Path, store: Store, far: Far, transport: str) -> None:
        self.folder, self.store, self.far = folder, store, far
        url = store.database.url.render_as_string(hide_password=False)
        self._carrier = f"MAILINGS_{far.channel.upper()}_TRANSPORT"
        self.environment = ENVIRONMENT | {"MAILINGS_DATABASE_URL": url, self._carrier: transport} | far.environment

    def warm(self) -> None:
        """Send the mailing once in this very process: its children find every module imported and every statement compiled."""
        before = dict(os.environ)
        os.environ.update(self.environment | {self._carrier: "memory"})
        settings.cache_clear()
        self.fresh()
        verbs.send(lambda: None)
        self.store.let_go()
        os.environ.clear()
        os.environ.update(before)
        settings.cache_clear()
        gc.collect()
        gc.freeze()  # children then share these pages instead of copying them

    def fresh(self) -> None:
        """A draft nobody touched, a far side that knows nobody."""
        self.store.restore("world")
        turn(self.store.database, self.far.channel)
        self.store.let_go()
        self.far.restore(None)

    def run(self, until: Point | None, verb: Verb = verbs.send) -> Ended:
        """The verb of a sending process in a process of its own, which kills itself at that point."""
        return self.end(self.start(until, verb))[0]

    def start(self, until: Point | None, verb: Verb = verbs.send) -> int:
        """Begin it; the process's number."""
        self.far.begin()
        child = os.fork()
        if child == 0:
            self._inside(until, verb)
        return child

    def end(self, *children: int) -> list[Ended]:
        """How they ended, once they have and everything they said was heard."""
        statuses = [os.waitpid(child, 0)[1] for child in children]
        self.far.settle()
        return [self._ended(status, self._said(child)) for child, status in zip(children, statuses, strict=True)]

    def in_hand(self, of: int | None = None) -> frozenset[int]:
        """The deliveries that stand `sending`; those of one process also where another has put them in doubt meanwhile."""
        with self.store.database.reading() as session:
            found = frozenset(
                session.scalars(text("SELECT id FROM delivery WHERE status = 'sending'" if of is None else HELD), {"pid": of})
            )
        self.store.let_go()
        return found

    def state(self) -> str:
        """What a kill left behind: two that left the same are the same to whoever goes on. Moments and process numbers aside."""
        with self.store.database.reading() as session:
            rows = [[tuple(row) for row in session.execute(text(asked))] for asked in STATE]
        self.store.let_go()
        return sha256(repr([rows, sorted(self.far.served())]).encode()).hexdigest()[:16]

    def _said(self, child: int) -> Path:
        return self.folder / f"said-{child}"

    def _ended(self, status: int, file: Path) -> Ended:
        said = file.read_text("utf-8", "replace").strip() if file.exists() else ""
        file.unlink(missing_ok=True)
        if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL:
            return Ended(killed=True)
        if os.WIFSIGNALED(status):
            return Ended(killed=False, trouble=f"the run ended by signal {os.WTERMSIG(status)} (14 = not within {PATIENCE} s): {said}")
        if os.waitstatus_to_exitcode(status):
            return Ended(killed=False, trouble=said)
        return Ended(killed=False, passed=Counter({(Seam(seam), side): n for seam, side, n in orjson.loads(said.splitlines()[-1])}))

    def _inside(self, until: Point | None, verb: Verb) -> None:
        """Never returns: no frame of the process that forked may go on in this one."""
        try:
            signal.alarm(PATIENCE)
            said = os.open(self._said(os.getpid()), os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            os.dup2(said, 1)
            os.dup2(said, 2)
            os.environ.update(self.environment)
            settings.cache_clear()
            self.far.begin_inside()
            passed = _killing(until)
            verb(self.far.relent)
            os.write(1, b"\n" + orjson.dumps([[seam.value, side, n] for (seam, side), n in passed.items()]))
            os._exit(0)
        except BaseException:  # whatever it is, the process that forked shows it
            os.write(2, traceback.format_exc().encode())
            os._exit(1)


def _killing(until: Point | None) -> Counter[tuple[Seam, str]]:
    passed: Counter[tuple[Seam, str]] = Counter()

    def count(seam: Seam, side: str) -> None:
        passed[seam, side] += 1
        if until is not None and (seam, side, passed[seam, side]) == until:
            os.kill(os.getpid(), signal.SIGKILL)

    seams.watch(count)
    return passed
