"""What a kill leaves in doubt, measured: SIGKILL at random moments of sending, recovery, and how many nobody can say anything about.

One JSON line a kill and one for all. The bar: two batches (one in hand, one answered and not yet recorded) and what is in flight,
two messages a connection, for the next envelope goes out behind the body.
"""

from __future__ import annotations

import argparse
import random
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress

import orjson
from sqlalchemy import text

from bench.running import CORES, Case, recipients, started
from bench.world import DURABILITY, World, world
from mailings.db import Database
from mailings.sending.finding import mailing_named
from mailings.sending.recovery import recover
from mailings.transports.smtp import Settings, Smtp

PATIENCE = 60.0  # seconds for a process to begin handing over
OVER = 0.5  # seconds of sending within which the kill falls: 2,000 messages, ten batches


def main() -> None:
    """Kill as often as asked, and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--kills", type=int, default=20)
    options.add_argument("--people", type=int, default=20_000)
    options.add_argument("--database", choices=["sqlite", "postgres"], default="sqlite")
    options.add_argument("--seed", type=int, default=1)
    given = options.parse_args()
    chance = random.Random(given.seed)
    batch, connections = Smtp.batch_size, Settings(_env_file=None).connections
    said = {
        "database": given.database,
        "durability": DURABILITY[given.database],
        "cores": CORES,
        "batch": batch,
        "connections": connections,
    }
    with world(given.database, given.people) as made:
        size, doubts = len(made.message()), []
        for after, in_doubt in kills(made, chance, given.kills):
            doubts.append(in_doubt)
            print(orjson.dumps({"case": "kill", "after_s": round(after, 3), "in_doubt": in_doubt}).decode(), flush=True)
        bar = 2 * batch + 2 * connections
        said |= {"message_bytes": size, "recipients": recipients(made.database), "seed": given.seed}
        told = {"case": f"kills-{given.database}", "kills": len(doubts), "mean": sum(doubts) / len(doubts), "most": max(doubts), "bar": bar}
        print(orjson.dumps(told | said | {"holds": max(doubts) <= bar}).decode())


def kills(made: World, chance: random.Random, wanted: int) -> Iterator[tuple[float, int]]:
    """Seconds of sending before each kill, and how many it left in doubt. A mailing that ends before its kill is followed by another."""
    name = made.mailing()
    while wanted:
        after = chance.uniform(0, OVER)
        if _killed(made, name, after):
            wanted -= 1
            yield after, _recovered(made.database, name)
        else:
            name = made.mailing()


def _killed(made: World, name: str, after: float) -> bool:
    """Send, and kill; False when the mailing was over before that."""
    with started(made, name, Case()) as ([process], _):
        begun = _touched(made.database, name)
        until = time.monotonic() + PATIENCE
        while _touched(made.database, name) == begun and process.poll() is None and time.monotonic() < until:
            time.sleep(0.01)
        with suppress(subprocess.TimeoutExpired):
            process.wait(after)
        process.send_signal(signal.SIGKILL)
        return process.wait() == -signal.SIGKILL


def _touched(database: Database, name: str) -> int:
    """How many deliveries of the mailing were ever claimed."""
    asked = (
        "SELECT count(*) FROM delivery JOIN mailing ON mailing.id = mailing_id WHERE name = :name AND NOT test AND claimed_at IS NOT NULL"
    )
    with database.connection(write=False) as connection:
        return int(connection.execute(text(asked), {"name": name}).scalar_one())


def _recovered(database: Database, name: str) -> int:
    with database.writing() as session:
        return recover(session, mailing_named(session, name, locked=True).id)


if __name__ == "__main__":
    main()
