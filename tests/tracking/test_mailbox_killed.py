"""Killed at any commit while it reads returned mail: the next look leads to what one undisturbed look leads to."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from mailings.db import Database
from mailings.model import ReadMail
from tests.tracking.bouncemail import REPORT, VACATION, a_maildir, arrives, collected, verp
from tests.tracking.told import out, state
from tests.warm import warm_run

MESSAGES = 35


def looked(db: Database, box: Path, kill_at: int) -> int:
    """A process reads the mailbox and is killed at that effect; how it ended."""
    environment = os.environ | {"MAILINGS_DATABASE_URL": db.url.render_as_string(hide_password=False)}
    return warm_run(["-m", "tests.tracking.collector", str(box), str(kill_at)], environment, timeout=120).returncode


def stands(db: Database) -> dict[str, list[tuple[Any, ...]]]:
    """All that the mailbox led to."""
    with db.reading() as session:
        return state(session)


def test_killed_at_its_commits(any_db: Database, tmp_path: Path) -> None:
    """Killed before and after the first, a middle and the last commit, one after the other: nothing is lost, nothing counted twice."""
    box = a_maildir(tmp_path / "retur")
    numbers = out(any_db, MESSAGES)
    for n, number in enumerate(numbers):
        arrives(box, VACATION if n % 5 == 4 else REPORT, came_to=verp(number), recipient=f"åse-{n:04}@fjord.test")
    for kill_at in (1, 2, 3, 4, 1):
        assert looked(any_db, box, kill_at) == -9
    assert looked(any_db, box, 0) == 0
    once = stands(any_db)
    with any_db.reading() as session:
        assert session.scalar(select(func.count()).select_from(ReadMail)) == MESSAGES
    found = collected(any_db, box)
    assert (found.read, found.new) == (0, 0)
    assert len(once["events"]) == MESSAGES
    bounced = [row for row in once["deliveries"] if row[1] == "bounced"]
    assert len(bounced) == MESSAGES - MESSAGES // 5
    assert [row[1] for row in once["standings"]] == [1] * len(bounced)
