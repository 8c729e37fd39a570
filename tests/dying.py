"""Programs in a process of their own that are killed as they pass a seam: what a power cut leaves is what the test then finds."""

from __future__ import annotations

import os
import signal

from mailings.db import Database
from tests.tracking.locks import wait_for_the_end
from tests.warm import warm_run

LONGEST = 120.0  # seconds
BEGIN = """
import os, signal, sys
from mailings import seams
from mailings.db import Database

passed = 0

def die(seam, side):
    global passed
    passed += [seam.name, side] == sys.argv[2:4]
    if passed == int(sys.argv[4]):
        os.kill(os.getpid(), signal.SIGKILL)

database = Database(sys.argv[1])
seams.watch(die)
"""


def killed(db: Database, program: str, seam: str, side: str, times: int = 1) -> None:
    """It runs `program`, Python that knows the `database`, and is killed the nth time it comes to that side of the seam.

    Nothing of it is under way any more: PostgreSQL notices a moment later that a client is gone, and keeps its locks until then.
    """
    url = db.url.render_as_string(hide_password=False)
    ended = warm_run(["-c", BEGIN + program, url, seam, side, str(times)], dict(os.environ), timeout=LONGEST)
    assert ended.returncode == -signal.SIGKILL, ended.stderr
    if not db.sqlite:
        wait_for_the_end(db)
