"""A large attachment to many people: does memory grow with them? Looked at while the process sends, after so many each.

One JSON line. `ratio` = memory in the second half over memory after a hundred, medians; the bar is 10 % more. Ten thousand times 10 MB
are 140 GB through the loopback: several minutes.
"""

from __future__ import annotations

import argparse
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import orjson
from sqlalchemy import text

from bench.running import CORES, Case, started
from bench.world import DURABILITY, world
from mailings.db import Database

BAR = 1.1
EARLY = 100  # messages after which memory is compared with the end


def main() -> None:
    """Send, look, print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--people", type=int, default=12_000, help="about 10,000 of them get it")
    options.add_argument("--megabytes", type=int, default=10)
    options.add_argument("--database", choices=["sqlite", "postgres"], default="sqlite")
    given = options.parse_args()
    with world(given.database, given.people) as made:
        name = made.mailing(attached=given.megabytes * 1_000_000)
        with started(made, name, Case()) as ([process], _):
            seen = list(_watched(process, made.database, name))
    early = median(mb for sent, mb in seen if EARLY <= sent <= 3 * EARLY)
    late = median(mb for sent, mb in seen if sent >= seen[-1][0] / 2)  # a single look hits anything between empty and full lines
    ratio = late / early
    steps = [[sent, round(mb)] for sent, mb in seen[:: max(1, len(seen) // 20)]]
    told = {"case": f"attachment-{given.database}", "megabytes": given.megabytes, "sent": seen[-1][0], "ratio": round(ratio, 2), "bar": BAR}
    told |= {"holds": ratio <= BAR, "rss_mb_after_100": round(early), "rss_mb_late": round(late), "sent_and_rss_mb": steps}
    print(orjson.dumps(told | {"durability": DURABILITY[given.database], "cores": CORES}).decode())


def _watched(process: subprocess.Popen[bytes], database: Database, name: str) -> Iterator[tuple[int, float]]:
    """How many are sent and the process's memory in MB, five times a second while it sends. Raises SystemExit when it fails."""
    while process.poll() is None:
        sent, memory = _sent(database, name), _resident(process.pid)
        if sent and memory:
            yield sent, memory
        time.sleep(0.2)
    if process.returncode:
        raise SystemExit(f"Sending {name} ended with {process.returncode}.")


def _sent(database: Database, name: str) -> int:
    asked = "SELECT count(*) FROM delivery JOIN mailing ON mailing.id = mailing_id WHERE name = :name AND NOT test AND sent_at IS NOT NULL"
    with database.connection(write=False) as connection:
        return int(connection.execute(text(asked), {"name": name}).scalar_one())


def _resident(pid: int) -> float:
    """Its memory now in MB (Linux); 0 when it is gone."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS")), 0.0)


if __name__ == "__main__":
    main()
