"""Clicks: how fast a real `mailings serve` answers them, and whether every one it answered is in the database after SIGTERM.

One JSON line a database. The clients are sockets in this process, each asking for its next click as soon as the last is answered; so
that "p50_ms" is what a reader waits when `clients` others click at the same time. "seconds_to_end" is from SIGTERM to the last event.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import text

from bench.world import DURABILITY, database_of, environment_for, ran
from mailings.db import Database
from mailings.tokens import Kind, Tokens

CORES = os.cpu_count()
MEDIAN_BAR, RATE_BAR = 5.0, 1_500
LINKS = 14
AGENTS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/140.0.0.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5) Version/18.5 Mobile Safari",
)


def main() -> None:
    """Measure what is asked for on each database."""
    given = _options().parse_args()
    for kind in ("sqlite", "postgres") if given.database == "both" else (given.database,):
        folder = Path(tempfile.mkdtemp(prefix="mailings-bench-"))
        try:
            with database_of(kind, folder) as url:
                said = measured(url, given)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        print(
            orjson.dumps({"case": "clicks", "database": kind, "durability": DURABILITY[kind], "cores": CORES} | said).decode(), flush=True
        )


def measured(url: str, given: argparse.Namespace) -> dict[str, Any]:
    """The figures of one run."""
    ours = environment_for(url, limits=False) | {"MAILINGS_PUBLIC_URL": "http://127.0.0.1:8600"}
    ran(["init"], ours)
    database = Database(url)
    _fill(database, given.deliveries)
    asked = _requests(Tokens(ours["MAILINGS_SECRET"]), given.deliveries)
    with _serving(ours) as (process, port):
        began, cpu = time.monotonic(), _cpu(process.pid)
        times = asyncio.run(_clicked(port, asked, given))
        seconds, cpu, memory = time.monotonic() - began, _cpu(process.pid) - cpu, _memory(process.pid)
        ended = time.monotonic()
        process.send_signal(signal.SIGTERM)
        process.wait(30)
        ended = time.monotonic() - ended
    with database.connection(write=False) as connection:
        events, read = (int(connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()) for table in ("event", "event_reading"))
    figures = {"clicks_per_s": round(len(times) / seconds), "p50_ms": _at(times, 0.5), "p99_ms": _at(times, 0.99), "max_ms": _at(times, 1)}
    kept = {"acknowledged": len(times), "events": events, "read": read, "lost": len(times) - events}
    holds = figures["p50_ms"] <= MEDIAN_BAR and figures["clicks_per_s"] >= RATE_BAR and kept["lost"] == 0
    used = {"cpu_us": round(cpu / len(times) * 1e6), "peak_rss_mb": memory}
    world = {"clients": given.clients, "deliveries": given.deliveries, "links": LINKS}
    return {"holds": holds} | figures | kept | used | {"seconds_to_end": round(ended, 2)} | world


async def _clicked(port: int, asked: list[bytes], given: argparse.Namespace) -> list[float]:
    """How long each click took, in seconds; a second of warming up is not counted as time, yet its clicks are kept too."""
    until = time.monotonic() + given.seconds
    each = await asyncio.gather(*(_client(port, asked[n :: given.clients], until) for n in range(given.clients)))
    return sorted(taken for one in each for taken in one)


async def _client(port: int, asked: list[bytes], until: float) -> list[float]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    times = []
    while time.monotonic() < until:
        began = time.perf_counter()
        writer.write(random.choice(asked))
        answer = await reader.readuntil(b"\r\n\r\n")
        times.append(time.perf_counter() - began)
        if not answer.startswith(b"HTTP/1.1 302"):
            raise SystemExit(f"A click was answered with {answer[:200]!r}")
    writer.close()
    return times


def _requests(tokens: Tokens, deliveries: int) -> list[bytes]:
    chosen = random.Random(4)
    lines = (f"GET /c/{tokens.sign(Kind.CLICK, n)}/{chosen.randint(1, LINKS)} HTTP/1.1\r\nHost: x\r\n" for n in range(1, deliveries + 1))
    return [f"{line}User-Agent: {chosen.choice(AGENTS)}\r\nAccept-Language: nl\r\n\r\n".encode() for line in lines]


MAILING = (
    "INSERT INTO mailing (id, name, type, status, subject, preheader, html, text, sender, reply_to, override_consent, one_per_address,"
    " update_when_sending, include_companies, prefer_company, tracking, in_doubt, approval, template, more, created_at)"
    " VALUES (1, 'news', 'email', 'sent', '', '', '', '', '{}', '{}', false, true, true, false, false, '{}', '{}', '{}', false, '{}', 0)"
)
LINK = "INSERT INTO tracked_link (mailing_id, number, url, actions) VALUES (1, :n, :url, '{}')"
RECIPIENT = "INSERT INTO recipient (id, mailing_id, address, verdict, overridden) VALUES (:n, 1, :address, 'eligible', false)"
DELIVERY = "INSERT INTO delivery (id, mailing_id, recipient_id, status, test, attempts, sent_at) VALUES (:n, 1, :n, 'sent', false, 1, 0)"


def _fill(database: Database, deliveries: int) -> None:
    links = [{"n": n, "url": f"https://acme.test/offer/{n}?utm_source=news&utm_medium=Email"} for n in range(1, LINKS + 1)]
    everybody = [{"n": n, "address": f"person{n}@example{n % 50}.test"} for n in range(1, deliveries + 1)]
    with database.connection() as connection:
        for statement, rows in ((MAILING, [{}]), (LINK, links), (RECIPIENT, everybody), (DELIVERY, everybody)):
            connection.execute(text(statement), rows)
    with database.engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        connection.exec_driver_sql("ANALYZE")


@contextmanager
def _serving(environment: dict[str, str]) -> Iterator[tuple[subprocess.Popen[str], int]]:
    words = [sys.executable, "-m", "cli.main", "serve", "--port", "0"]
    process = subprocess.Popen(words, env=environment, stdout=subprocess.PIPE, text=True)
    try:
        said = process.stdout.readline() if process.stdout else ""
        found = re.search(r"127\.0\.0\.1:(\d+);", said)
        if found is None:
            raise SystemExit(f"mailings serve said {said!r}")
        yield process, int(found[1])
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def _memory(pid: int) -> int:
    """The peak of the server's memory so far, in MB."""
    peak = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    return round(int(peak[1]) / 1024) if peak else 0


def _cpu(pid: int) -> float:
    """The seconds of CPU the server has used so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _at(times: list[float], share: float) -> float:
    return round(times[min(int(len(times) * share), len(times) - 1)] * 1000, 2)


def _options() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--database", choices=["sqlite", "postgres", "both"], default="both")
    options.add_argument("--clients", type=int, default=4)
    options.add_argument("--seconds", type=float, default=10.0)
    options.add_argument("--deliveries", type=int, default=20_000)
    return options


if __name__ == "__main__":
    main()
