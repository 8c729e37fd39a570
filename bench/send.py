"""The main job, measured: a newsletter to N people through the flow and SMTP, against smtp-source with messages of the same size.

One JSON line a case. `ratio` = our messages a second over the floor's (mean of a run before and one after ours). CPU and memory are
those of the sending process alone (Prefect's server runs beside it): `cpu_us` = its CPU less that of sending one message, per message.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import yaml
from sqlalchemy import text

from bench.audience import make_people
from bench.floor import floor
from cli.embedded import embedded_server
from mailings.clock import now
from mailings.db import Database
from mailings.model import Selection, SelectionKind
from tests import postgres
from tests.servers.sink import sink

EXAMPLE = Path(__file__).parents[1] / "examples" / "autumn-news"
FLOOR_MESSAGES = 10_000


@dataclass(frozen=True, slots=True)
class Spent:
    """What one process used: seconds of wall time and CPU, and its largest memory in MB."""

    wall: float
    cpu: float
    rss: float


def main() -> None:
    """Measure the cases asked for."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--people", type=int, default=20_000)
    options.add_argument("--database", choices=["sqlite", "postgres", "both"], default="sqlite")
    options.add_argument(
        "--without-prefect", action="store_true", help="also the same verbs without the flow: Prefect's share of the wall time"
    )
    given = options.parse_args()
    for kind in ("sqlite", "postgres") if given.database == "both" else (given.database,):
        for flow in (True, False) if given.without_prefect else (True,):
            print(orjson.dumps(measured(kind, given.people, flow=flow)).decode(), flush=True)


def measured(kind: str, people: int, *, flow: bool) -> dict[str, Any]:
    """One case: a database of its own, a sink of its own, the floor before and after."""
    folder = Path(tempfile.mkdtemp(prefix="mailings-bench-"))
    try:
        with _database(kind, folder) as url, sink() as server, embedded_server(folder / "prefect") as prefect:
            environment = _environment(url, server.port, folder) | {"PREFECT_API_URL": prefect.url, "PREFECT_HOME": str(prefect.home)}
            _prepared(environment, Database(url), folder, people)
            command = [sys.executable, "-m", "cli.main", "send"] if flow else [sys.executable, "-m", "bench.direct"]
            first = _spent([*command, "one"], environment)
            size = _message_bytes(environment)
            before = floor(FLOOR_MESSAGES, size)
            spent = _spent([*command, "autumn-news"], environment)
            after = floor(FLOOR_MESSAGES, size)
            figures = _figures(Database(url), "autumn-news")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    per_second, sent = figures["sent"] / figures["seconds"], figures["sent"]
    base = (before.per_second + after.per_second) / 2
    return {
        "case": f"smtp-{kind}-{'flow' if flow else 'direct'}",
        "people": people,
        "sent": sent,
        "message_bytes": size,
        "messages_per_s": round(per_second),
        "floor_per_s": [round(before.per_second), round(after.per_second)],
        "ratio": round(per_second / base, 2),
        "cpu_us": round((spent.cpu - first.cpu) / sent * 1e6),
        "peak_rss_mb": round(spent.rss),
        "wall_s": round(spent.wall, 1),
        "start_s": round(first.wall, 1),
        "database_bytes_per_recipient": round(figures["bytes"]),
        "durability": "synchronous=FULL" if kind == "sqlite" else "synchronous_commit=on, fsync=on",
        "cores": os.cpu_count(),
    }


def _environment(url: str, port: int, folder: Path) -> dict[str, str]:
    ours = {k: v for k, v in os.environ.items() if not k.startswith(("MAILINGS_", "PREFECT_"))}
    return ours | {
        "MAILINGS_DATABASE_URL": url,
        "MAILINGS_EMAIL_TRANSPORT": "smtp",
        "MAILINGS_SMTP_HOST": "127.0.0.1",
        "MAILINGS_SMTP_PORT": str(port),
        "MAILINGS_SMTP_TLS": "none",
        "MAILINGS_SECRET": "a-secret-of-the-benchmark",
        "MAILINGS_FOLDER_PATH": str(folder / "outbox"),
    }


@contextmanager
def _database(kind: str, folder: Path) -> Iterator[str]:
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'mailings.db'}"
        return
    found = postgres.binaries()
    if found is None:
        raise SystemExit("PostgreSQL is not installed.")
    with postgres.running(found) as server:
        with Database(f"{server}/postgres").engine.execution_options(isolation_level="AUTOCOMMIT").connect() as admin:
            admin.execute(text("CREATE DATABASE bench"))
        yield f"{server}/bench"


def _prepared(environment: dict[str, str], database: Database, folder: Path, people: int) -> None:
    _ran(["init"], environment)
    with database.connection() as connection:
        connection.execute(text("INSERT INTO project (id, name, created_at) VALUES (1, 'Expo', 0)"))
    with database.writing() as session:
        session.add(Selection(name="Half", kind=SelectionKind.STATIC, created_at=now()))
        session.add(Selection(name="Newsletter readers", kind=SelectionKind.DYNAMIC, condition='country != ""', created_at=now()))
        session.add(Selection(name="One", kind=SelectionKind.DYNAMIC, condition='email = "person4@example4.test"', created_at=now()))
    with database.connection() as connection:
        make_people(connection, people)
    with database.engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        connection.exec_driver_sql("ANALYZE")
    for name, selection in (("one", "One"), ("autumn-news", "Newsletter readers")):
        copied = folder / name
        shutil.copytree(EXAMPLE, copied)
        said = yaml.safe_load((copied / "mailing.yaml").read_text("utf-8"))
        said |= {"name": name, "sources": [{"selection": selection}]}
        (copied / "mailing.yaml").write_text(yaml.safe_dump(said, allow_unicode=True), "utf-8")
        _ran(["push", str(copied)], environment)


def _ran(words: list[str], environment: dict[str, str]) -> str:
    done = subprocess.run([sys.executable, "-m", "cli.main", *words], env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"mailings {' '.join(words)} ended with {done.returncode}: {done.stdout}{done.stderr}")
    return done.stdout


def _spent(command: list[str], environment: dict[str, str]) -> Spent:
    began = time.perf_counter()
    with tempfile.TemporaryFile() as said:
        child = subprocess.Popen(command, env=environment, stdout=said, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode:
            said.seek(0)
            raise SystemExit(f"{' '.join(command[1:])} ended with {child.returncode}: {said.read().decode()[-2000:]}")
    return Spent(time.perf_counter() - began, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def _message_bytes(environment: dict[str, str]) -> int:
    """The size of one message on the wire, taken from a folder instead."""
    kept = environment | {"MAILINGS_EMAIL_TRANSPORT": "folder"}
    _ran(["test", "one", "--to", "proof@firma.test"], kept)
    found = [p for p in Path(environment["MAILINGS_FOLDER_PATH"]).rglob("*") if p.is_file()]
    return found[0].stat().st_size


def _figures(database: Database, name: str) -> dict[str, Any]:
    """What the ledger says: how many were sent in how many seconds, and its bytes for each recipient."""
    with database.connection(write=False) as connection:
        asked = "SELECT count(*), min(claimed_at), max(sent_at) FROM delivery JOIN mailing ON mailing.id = mailing_id WHERE name = :name"
        sent, first, last = connection.execute(text(asked + " AND delivery.status = 'sent' AND NOT test"), {"name": name}).one()
        recipients = connection.execute(text("SELECT count(*) FROM recipient")).scalar_one()
        held = sum(_size(connection, database, table) for table in ("recipient", "delivery", "delivery_note"))
    return {"sent": sent, "seconds": (last - first) / 1000, "bytes": held / recipients}


def _size(connection: Any, database: Database, table: str) -> int:
    if database.sqlite:
        asked = "SELECT sum(pgsize) FROM dbstat WHERE name IN (SELECT name FROM sqlite_master WHERE tbl_name = :table)"
    else:
        asked = "SELECT pg_total_relation_size(CAST(:table AS regclass))"
    return int(connection.execute(text(asked), {"table": table}).scalar() or 0)


if __name__ == "__main__":
    main()
