"""A look into the bounce mailbox as a process of its own, killed at an effect: `python -m tests.tracking.collector MAILDIR KILL_AT`.

The effects are the commits it makes, before and after each; KILL_AT counts them from 1, 0 kills nobody.
"""

from __future__ import annotations

import os
import signal
import sys
from itertools import count
from pathlib import Path

from mailings import seams
from mailings.db import database
from mailings.seams import Seam
from mailings.tracking import mailbox
from tests.tracking.bouncemail import settings


def main() -> None:
    """Look, in portions of ten, and die where told."""
    kill_at, passed = int(sys.argv[2]), count(1)

    def watch(_seam: Seam, _when: str) -> None:
        if next(passed) == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)

    seams.watch(watch)
    mailbox.PORTION = 10
    mailbox.collect(database(), settings(Path(sys.argv[1])))


if __name__ == "__main__":
    main()
