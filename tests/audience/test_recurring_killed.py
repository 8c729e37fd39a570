"""A run that is killed while it makes the copy of a day has made and scheduled it, or nothing."""

from __future__ import annotations

import os
import signal

import pytest

from mailings.clock import standing_at
from mailings.db import Database
from mailings.sending.due import COPIED, due
from tests.audience.test_recurring import NAME, SATURDAY, copies, on, run
from tests.sending import world
from tests.warm import warm_run

CHILD = """
import os, signal, sys
from mailings import seams
from mailings.db import Database
from tests.audience.test_recurring import on, run

def die(seam, side):
    if (seam.name, side) == ("COMMIT", sys.argv[2]):
        os.kill(os.getpid(), signal.SIGKILL)

database = Database(sys.argv[1])
seams.watch(die)
run(database, on())
"""


@pytest.mark.parametrize(("side", "kept"), [("before", False), ("after", True)])
def test_all_or_nothing(any_db: Database, side: str, kept: bool) -> None:
    """Killed before its commit there is no copy, killed after it the copy is due; the same run again comes to one copy either way."""
    world.mailing(any_db, NAME, 3, template=True)
    url = any_db.url.render_as_string(hide_password=False)
    ended = warm_run(["-c", CHILD, url, side], dict(os.environ), timeout=120)
    assert ended.returncode == -signal.SIGKILL, ended.stderr
    assert copies(any_db) == ({"høst-nytt-2026-11-21": "scheduled"} if kept else {})
    with any_db.reading() as session, standing_at(SATURDAY + COPIED):
        assert [one.name for one in due(session)] == (["høst-nytt-2026-11-21"] if kept else [])
    assert run(any_db, on()).to_be_sent
    assert copies(any_db) == {"høst-nytt-2026-11-21": "scheduled"}
