"""A process that writes visits of one mailing while others do other things: `python -m tests.reports.adding URL DELIVERY HOW-MANY LINK`.

It goes on at a line on its input: before the first batch, and half-way.
"""

from __future__ import annotations

import sys
from datetime import timedelta

from mailings.db import Database
from mailings.settings import Settings
from mailings.tracking.recording import record_visits
from tests.tracking.visiting import LATER, click


def main(url: str, deliveries: str, batches: str, link: str) -> None:
    """So many batches, each a click on every one of the deliveries."""
    db, ids = Database(url), [int(number) for number in deliveries.split(",")]
    print("ready", flush=True)
    for turn in range(int(batches)):
        if turn in (0, int(batches) // 2):
            sys.stdin.readline()
        at = LATER + timedelta(minutes=10 * turn)
        with db.writing() as session:
            record_visits(session, [click(number, int(link), at) for number in ids], Settings())


if __name__ == "__main__":
    main(*sys.argv[1:])
