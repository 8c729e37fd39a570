"""Runs one case: the processes of a mailing, each with a sink of its own, and what they used and what the ledger says afterwards."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import orjson
from sqlalchemy import Connection, text

from bench.measured import FIGURES
from bench.world import World
from mailings.db import Database
from tests.servers.sink import sink

CORES = os.cpu_count()


@dataclass(frozen=True, slots=True)
class Case:
    """What is measured: `transport` smtp or none; `through` the flow or the verbs it calls; several processes only by the verbs."""

    transport: str = "smtp"
    processes: int = 1
    through: str = "verbs"


@dataclass(frozen=True, slots=True)
class Result:
    """What a case came to; CPU and memory are our processes' alone."""

    sent: int
    seconds: float  # from the first claim to the last receipt
    used: list[dict[str, Any]]  # a process each: see bench/measured.py
    start_s: float  # from the command to the first seam passed

    @property
    def per_second(self) -> float:
        """Messages a second."""
        return self.sent / self.seconds

    def figures(self) -> dict[str, Any]:
        """For the line that is printed: CPU in microseconds a message, the first with who gets it and the closing of the books."""
        claims = sorted(c for one in self.used for c in one["claims_ms"])
        spent = {name: sum(one[name] for one in self.used) / self.sent * 1e6 for name in ("cpu_s", "cpu_delivering_s")}
        return {
            "sent": self.sent,
            "messages_per_s": round(self.per_second),
            "cpu_us": round(spent["cpu_s"]),
            "cpu_us_delivering": round(spent["cpu_delivering_s"]),
            "peak_rss_mb": [round(one["peak_rss_mb"]) for one in self.used],
            "claims": len(claims),
            "claim_ms": {"p50": _at(claims, 0.5), "p99": _at(claims, 0.99), "max": _at(claims, 1)},
            "start_s": round(self.start_s, 1),
        }


def run(world: World, name: str, case: Case) -> Result:
    """Send the mailing `name`, and wait until it is sent."""
    with started(world, name, case) as (processes, files):
        began = time.time()
        for one, file in zip(processes, files, strict=True):
            if one.wait():
                raise SystemExit(f"{' '.join(map(str, one.args))} ended with {one.returncode}: {_output(file).read_text()[-2000:]}")
        used = [orjson.loads(file.read_bytes()) for file in files]
    sent, seconds = _ledger(world.database, name)
    return Result(sent, seconds, used, min(one["began"] for one in used if one["began"]) - began)


@contextmanager
def started(world: World, name: str, case: Case) -> Iterator[tuple[list[subprocess.Popen[bytes]], list[Path]]]:
    """The processes of the case, started, and the files their figures will be in; ended with the block."""
    roles = ["flow" if case.through == "flow" else "conduct", *["join"] * (case.processes - 1)]
    files = [world.folder / f"{name}-{number}.json" for number in range(case.processes)]
    with ExitStack() as stack:
        running = []
        for role, file in zip(roles, files, strict=True):
            ours = _environment(world, case, file, stack)
            said = stack.enter_context(_output(file).open("wb"))
            running.append(stack.enter_context(_running([sys.executable, "-m", "bench.measured", role, name], ours, said)))
        yield running, files


def _environment(world: World, case: Case, file: Path, stack: ExitStack) -> dict[str, str]:
    ours = world.environment | {"MAILINGS_EMAIL_TRANSPORT": case.transport, FIGURES: str(file)}
    if case.transport == "smtp":
        ours["MAILINGS_SMTP_PORT"] = str(stack.enter_context(sink()).port)
    if case.through == "flow":
        from cli.embedded import embedded_server  # noqa: PLC0415  the verbs alone need no Prefect

        prefect = stack.enter_context(embedded_server(world.folder / "prefect"))
        ours |= {"PREFECT_API_URL": prefect.url, "PREFECT_HOME": str(prefect.home)}
    return ours


@contextmanager
def _running(words: list[str], environment: dict[str, str], said: IO[bytes]) -> Iterator[subprocess.Popen[bytes]]:
    child = subprocess.Popen(words, env=environment, stdout=said, stderr=subprocess.STDOUT)
    try:
        yield child
    finally:
        if child.poll() is None:
            child.kill()
            child.wait()


def _output(file: Path) -> Path:
    return file.with_suffix(".log")


def held_bytes(database: Database) -> int:
    """Bytes of the ledger: recipients, deliveries and their notes, with their indexes."""
    with database.connection(write=False) as connection:
        return sum(_size(connection, database, table) for table in ("recipient", "delivery", "delivery_note"))


def recipients(database: Database) -> int:
    """How many recipients all mailings have."""
    with database.connection(write=False) as connection:
        return int(connection.execute(text("SELECT count(*) FROM recipient")).scalar_one())


def _size(connection: Connection, database: Database, table: str) -> int:
    if database.sqlite:
        asked = "SELECT sum(pgsize) FROM dbstat WHERE name IN (SELECT name FROM sqlite_master WHERE tbl_name = :table)"
    else:
        asked = "SELECT pg_total_relation_size(CAST(:table AS regclass))"
    return int(connection.execute(text(asked), {"table": table}).scalar() or 0)


def _ledger(database: Database, name: str) -> tuple[int, float]:
    """How many were sent in how many seconds. Raises SystemExit where somebody was not."""
    with database.connection(write=False) as connection:
        asked = (
            "SELECT sum(CASE WHEN status = 'sent' THEN 1 ELSE 0 END), count(*), min(claimed_at), max(sent_at)"
            " FROM delivery WHERE mailing_id = (SELECT id FROM mailing WHERE name = :name) AND NOT test"
        )
        sent, everybody, first, last = connection.execute(text(asked), {"name": name}).one()
    if not sent or sent != everybody:
        raise SystemExit(f"{name}: {sent} of {everybody} were sent, so that this measured something else.")
    return int(sent), (last - first) / 1000


def _at(claims: list[float], share: float) -> float:
    return claims[min(int(len(claims) * share), len(claims) - 1)] if claims else 0.0
