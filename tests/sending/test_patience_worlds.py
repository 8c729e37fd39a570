"""A disk that is full and a clock that jumps, in the middle of a run: nobody twice, nobody lost, and one sentence."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from mailings.clock import standing_at
from mailings.db import Database
from mailings.errors import Unreachable
from mailings.message import Offer
from mailings.model import Mailing
from mailings.sending import lifecycle
from mailings.sending.deliver import Portion, deliver_portion
from mailings.sending.run import Run, conducting
from mailings.settings import Settings
from mailings.transports.memory import Memory
from tests.sending import world
from tests.sending.delivering import portions, running
from tests.sending.letters import Letters


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of one megabyte. Skips, saying so, where this user may not mount one."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = os.geteuid() == 0 and subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", place], check=False).returncode == 0
    if not mounted:
        pytest.skip("a disk of one's own takes the right to mount")
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", place], check=True)


def fill(disk: Path, *, but: int = 0) -> Path:
    """Leave `but` bytes of the disk; the file to be removed when there shall be room again."""
    ballast = disk / "ballast"
    ballast.write_bytes(bytes(max(0, shutil.disk_usage(disk).free - but)))
    return ballast


def into_the_outbox(db: Database) -> list[Portion]:
    """Portions of a run on the folder transport, until nothing more can be done now."""
    with conducting(db, "høst-nytt", Settings(email_transport="folder")) as run:
        run.compiled, run.short_waits = Letters(), (0.01, 0.01, 0.01)
        return delivered(db, run, 1000)


def delivered(db: Database, run: Run, limit: int = 20) -> list[Portion]:
    """Portions until no other should follow."""
    done = [deliver_portion(db, run, limit)]
    while done[-1].more:
        done.append(deliver_portion(db, run, limit))
    return done


def test_the_outbox_is_full(any_db: Database, small_disk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the outbox's disk is full, what is written is sent, the rest is queued and the mailing paused saying so; later all is there."""
    outbox = small_disk / "outbox"
    monkeypatch.setenv("MAILINGS_FOLDER_PATH", str(outbox))
    mailing_id = world.sending(any_db, recipients=120)
    ballast = fill(small_disk, but=200_000)
    assert "the disk is full" in str(into_the_outbox(any_db)[-1].trouble)
    found = world.statuses(any_db, mailing_id)
    assert set(found) <= {"sent", "queued"}
    assert found["sent"] == len(list((outbox / "new").iterdir())) > 0
    assert found["queued"] > 0
    ballast.unlink()
    with any_db.writing() as session:
        lifecycle.resume(session, session.get_one(Mailing, mailing_id))
    into_the_outbox(any_db)
    assert world.statuses(any_db, mailing_id) == {"sent": 120}
    assert len({file.name.split(".")[0] for file in (outbox / "new").iterdir()}) == len(list((outbox / "new").iterdir())) == 120


def test_the_database_is_full(db: Database, small_disk: Path, memory: Memory) -> None:
    """SQLite on a full disk: one sentence, the books as they were; once there is room the run goes on with what it holds, nobody twice."""
    with db.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    path = small_disk / "mailings.db"
    shutil.copy(str(db.url.database), path)
    small = Database(f"sqlite:///{path}")
    mailing_id = world.sending(small, recipients=60)
    with running(small) as run:
        run.batch_size = 20
        ballast = fill(small_disk)
        with pytest.raises(Unreachable, match=r"^The database sqlite:///.* cannot be used: database or disk is full\.$"):
            delivered(small, run)
        ballast.unlink()
        delivered(small, run)
    assert world.statuses(small, mailing_id) == {"sent": 60}
    assert len({kept.delivery for kept in memory.kept}) == len(memory.kept) == 60
    small.engine.dispose()


class Jumping(Letters):
    """Content at whose tenth message the clock is set to another time, and goes on from there."""

    def __init__(self, by: timedelta, clock: ExitStack) -> None:
        self.by, self.clock, self.count = by, clock, 0

    def offer(self, row: Sequence[Any]) -> Offer:
        """The letter."""
        self.count += 1
        if self.count >= 10:
            self.clock.enter_context(standing_at(datetime.now(UTC) + self.by))
        return super().offer(row)


@pytest.mark.parametrize("hours", [1, -1])
def test_the_clock_jumps(any_db: Database, memory: Memory, hours: int) -> None:
    """A clock set an hour on or back in the middle of a run serves everybody once; who waits, waits at most that hour longer."""
    mailing_id = world.sending(any_db, recipients=40)
    memory.stall("åse-0003@fjord.test", after=120)
    with ExitStack() as clock, running(any_db, run_patience=timedelta(0)) as run:
        run.compiled = Jumping(timedelta(hours=hours), clock)
        delivered(any_db, run, 8)
    waits = int(hours < 0)
    memory.accept("åse-0003@fjord.test")
    with standing_at(datetime.now(UTC) + timedelta(hours=hours, minutes=3)):
        portions(any_db, run_patience=timedelta(0))
        assert world.statuses(any_db, mailing_id) == ({"sent": 39, "queued": 1} if waits else {"sent": 40})
    with standing_at(datetime.now(UTC) + timedelta(minutes=3)):
        portions(any_db)
    assert world.statuses(any_db, mailing_id) == {"sent": 40}
    assert sorted({kept.delivery for kept in memory.kept}) == sorted(kept.delivery for kept in memory.kept)
