"""The plain loop everybody writes first, beside ours: render, find the links, EmailMessage, smtplib, one row a message, committed.

Interleaved in one run: floor, the loop, ours, the loop, ours, floor. The loop does what the main job must: one message for each person,
its links signed, and a row that says so on the disk before the next; one process, one connection, SQLite. It is spared finding out who
gets it, limits, and doubt: killed between the server's answer and its row, it serves that person twice. One JSON line.
"""

from __future__ import annotations

import argparse
import smtplib
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from statistics import mean
from typing import Any

import orjson

from bench.compose import naive, newsletter, row
from bench.floor import floor
from bench.running import CORES, Case, run
from bench.send import FLOOR_MESSAGES
from bench.world import DURABILITY, world
from tests.servers.sink import sink


def main() -> None:
    """Measure, and print one line."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--people", type=int, default=20_000, help="nine in ten of them get ours")
    options.add_argument("--messages", type=int, default=2_000, help="of the loop")
    given = options.parse_args()
    compiled = newsletter()
    compose, rows = naive(compiled), [row(compiled, number) for number in range(1, given.messages + 1)]
    with world("sqlite", given.people, shape="text") as made:
        size, plain, ours = len(made.message()), [], []
        floors = [floor(FLOOR_MESSAGES, size).per_second]
        for turn in range(2):
            plain.append(looped(compose, rows, made.folder / f"plain-{turn}.db"))
            ours.append(run(made, made.mailing(), Case()))
        floors.append(floor(FLOOR_MESSAGES, size).per_second)
    rates = [one.per_second for one in ours]
    line = {
        "case": "plain-loop",
        "ratio": round(mean(rates) / mean(rate for rate, _ in plain), 1),
        "ours_per_s": [round(rate) for rate in rates],
        "plain_per_s": [round(rate) for rate, _ in plain],
        "floor_per_s": [round(rate) for rate in floors],
        "ours_cpu_us": [one.figures()["cpu_us"] for one in ours],
        "plain_cpu_us": [round(cpu) for _, cpu in plain],
        "messages": {"ours": ours[0].sent, "plain": given.messages},
        "message_bytes": {"ours": size, "plain": round(mean(len(compose(one)) for one in rows[:100]))},
        "durability": DURABILITY["sqlite"],
        "cores": CORES,
    }
    print(orjson.dumps(line).decode())


def looped(compose: Callable[[Any], bytes], rows: list[tuple[Any, ...]], file: Path) -> tuple[float, float]:
    """The loop over `rows`: messages a second, and microseconds of CPU a message."""
    with sink() as server:
        books = sqlite3.connect(file)
        books.execute("PRAGMA journal_mode=WAL")
        books.execute("PRAGMA synchronous=FULL")
        books.execute("CREATE TABLE sent (person INTEGER PRIMARY KEY, at REAL NOT NULL)")
        began, used = time.perf_counter(), time.process_time()
        with smtplib.SMTP("127.0.0.1", server.port, timeout=30) as line:
            for one in rows:
                line.sendmail("news@vindheim.test", [one[1]], compose(one))
                books.execute("INSERT INTO sent VALUES (?, ?)", (one[0], time.time()))
                books.commit()
        seconds, used = time.perf_counter() - began, time.process_time() - used
        books.close()
    return len(rows) / seconds, used / len(rows) * 1e6


if __name__ == "__main__":
    main()
