"""Many machines: one Prefect server and workers on PostgreSQL, a mailing in shards, one machine killed in the middle, judged by a witness.

One JSON line. Each worker is a process with a folder, a host name and an `.env` of its own: to the others it is another machine, whose
death is seen only by its silence. The witness is an SMTP server that is never killed and writes down whom it took a message for.
It ends with 1 where somebody was served twice or lost.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from contextlib import ExitStack
from typing import Any

import orjson
from sqlalchemy import text

from bench import scale_hosts as hosts
from bench.floor import floor
from bench.running import CORES
from bench.scale_judged import books, prefect_cost, shares
from bench.scale_watched import Course, timed, watched
from bench.witness import Witness, witness
from bench.world import DURABILITY, World, world
from mailings.db import Database


def main() -> int:
    """Measure, print, and say by the exit code whether it held."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was started is ended
    given = _options().parse_args()
    with ExitStack() as stack:
        made = stack.enter_context(world("postgres", given.people))
        seen = stack.enter_context(witness(made.folder / "served"))
        line = told(made, seen, given)
    print(orjson.dumps(line).decode(), flush=True)
    return 0 if not line["twice"] and not line["lost"] and not line["strangers"] else 1


def told(made: World, seen: Witness, given: argparse.Namespace) -> dict[str, Any]:
    """The whole story in that world, as a line."""
    name, size = made.mailing(), len(made.message())
    mine = {k: v for k, v in made.environment.items() if k.startswith("MAILINGS_")}
    mine |= {"MAILINGS_EMAIL_TRANSPORT": "smtp", "MAILINGS_SMTP_PORT": str(seen.port)}
    theirs = _prefects_database(made)
    before = floor(10_000, size).per_second
    with ExitStack() as stack:
        url = theirs.url.set(drivername="postgresql+asyncpg").render_as_string(hide_password=False)
        redis = stack.enter_context(hosts.redis(made.folder)) if given.redis else ""
        (made.folder / "prefect").mkdir()
        prefect = stack.enter_context(hosts.server(made.folder / "prefect", url, redis))
        _deploy(prefect, given)
        workers = [
            stack.enter_context(hosts.worker(prefect, made.folder / f"host-{n}", mine, given.room)) for n in range(1, given.workers + 1)
        ]
        empty = prefect_cost(theirs)
        how = {"shards": given.shards, "batch_size": 0}
        _prefect(
            prefect, "deployment", "run", "send-mailing/send-mailing", "--param", f"mailing={name}", "--param", f"how={json.dumps(how)}"
        )
        course = Course(given.kill, given.at, {w.name: w for w in workers})
        mailing = watched(made.database, name, course)
        _until_recorded(prefect)
        full, states = prefect_cost(theirs), _states(prefect)
    line = _case(made, given, size) | {"floor_per_s": round(before)} | timed(made.database, mailing, course)
    line |= books(made.database, mailing, seen).figures | {"shares": shares(made.database, mailing), "runs": states}
    return line | {"prefect_grown": {name: full[name] - empty[name] for name in full}}


def _case(made: World, given: argparse.Namespace, size: int) -> dict[str, Any]:
    return {
        "case": f"scale-out-{given.workers}-{given.shards}-{given.kill}" + ("-redis" if given.redis else ""),
        "people": made.people,
        "message_bytes": size,
        "durability": DURABILITY["postgres"],
        "cores": CORES,
        "load": [round(n, 1) for n in os.getloadavg()],
        "machines": "host names of their own" if hosts.apart() else "one host name",
    }


def _prefects_database(made: World) -> Database:
    with made.database.engine.execution_options(isolation_level="AUTOCOMMIT").connect() as admin:
        admin.execute(text("CREATE DATABASE prefect"))
    return Database(made.database.url.set(database="prefect").render_as_string(hide_password=False))


def _deploy(prefect: hosts.Prefect, given: argparse.Namespace) -> None:
    words = [sys.executable, "-m", "deployments.provision"]
    subprocess.run(words, env=prefect.environment, cwd=hosts.ROOT, check=True, timeout=120)
    wanted = ["send-mailing", "deliver-shard", *(["start-due-mailings"] if given.kill == "conductor" else [])]
    _prefect(prefect, "deploy", *(word for name in wanted for word in ("--name", name)))


def _prefect(prefect: hosts.Prefect, *words: str) -> None:
    command = [*hosts.PREFECT, *words]
    done = subprocess.run(command, env=prefect.environment, cwd=hosts.ROOT, capture_output=True, text=True, check=False, timeout=180)
    if done.returncode:
        raise SystemExit(f"prefect {' '.join(words)}: {done.stdout}{done.stderr}")


def _states(prefect: hosts.Prefect) -> dict[str, int]:
    """How many runs of each flow stand in which state."""
    found: dict[str, int] = {}
    for run in prefect.asked("flow_runs/filter", {"sort": "START_TIME_ASC"}):
        key = f"{run['name'].split('-')[0]} {run['state_type']}"
        found[key] = found.get(key, 0) + 1
    return found


def _until_recorded(prefect: hosts.Prefect) -> None:
    """Prefect writes down what it heard a little later."""
    until = time.monotonic() + 30
    while "send RUNNING" in _states(prefect) and time.monotonic() < until:
        time.sleep(1)
    time.sleep(10)


def _options() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--people", type=int, default=200_000, help="nine in ten of them get it")
    options.add_argument("--workers", type=int, default=3)
    options.add_argument("--shards", type=int, default=3)
    options.add_argument("--room", type=int, default=2, help="runs a worker takes at a time")
    options.add_argument("--kill", choices=["shard", "conductor", "none"], default="shard", help="whose machine dies")
    options.add_argument("--at", type=float, default=0.4, help="when so much of the mailing is sent")
    options.add_argument("--redis", action="store_true", help="Prefect's messages by Redis, its services in a process of their own")
    return options


if __name__ == "__main__":
    sys.exit(main())
