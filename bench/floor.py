"""What is known to be fast: Postfix's own load generator, smtp-source, against smtp-sink. Every SMTP figure is a ratio to it."""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import time
from dataclasses import asdict, dataclass

import orjson

from tests.servers.sink import program, sink


@dataclass(frozen=True, slots=True)
class Floor:
    """smtp-source's figures. `size` in bytes a message, CPU in microseconds a message."""

    messages: int
    size: int
    sessions: int
    per_second: float
    cpu_us: float
    sink_cpu_us: float


def floor(messages: int = 20_000, size: int = 32_700, sessions: int = 10) -> Floor:
    """Run smtp-source with so many messages of `size` bytes over `sessions` connections to a sink of its own."""
    found = program("smtp-source")
    if found is None:
        raise SystemExit("smtp-source is not installed; it comes with Debian's postfix: apt-get install --no-install-recommends postfix")
    with sink() as server:
        before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        words = ["-s", sessions, "-m", messages, "-l", size, "-f", "news@sender.test", "-t", "anna@firma.test", f"127.0.0.1:{server.port}"]
        subprocess.run([found, *map(str, words)], check=True)
        took, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        return Floor(messages, size, sessions, messages / took, cpu / messages * 1e6, server.cpu_seconds() / messages * 1e6)


def main() -> None:
    """Print one JSON line."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--messages", type=int, default=20_000)
    options.add_argument("--size", type=int, default=32_700)
    options.add_argument("--sessions", type=int, default=10)
    given = options.parse_args()
    figures = floor(given.messages, given.size, given.sessions)
    print(orjson.dumps({"case": "smtp-source", "cores": os.cpu_count(), **asdict(figures)}).decode())


if __name__ == "__main__":
    main()
