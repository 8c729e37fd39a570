"""What is known to be fast: Postfix's own load generator, smtp-source, against smtp-sink. Every SMTP figure is a ratio to it."""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import time
from contextlib import ExitStack
from dataclasses import asdict, dataclass

import orjson

from tests.servers.sink import program, sink


@dataclass(frozen=True, slots=True)
class Floor:
    """smtp-source's figures. `size` in bytes a message, CPU in microseconds a message."""

    messages: int
    size: int
    sessions: int
    processes: int
    per_second: float
    cpu_us: float
    sink_cpu_us: float


def floor(messages: int = 20_000, size: int = 32_700, sessions: int = 10, processes: int = 1) -> Floor:
    """Run `processes` smtp-sources at once: so many messages of `size` bytes in all, each over `sessions` connections to its own sink."""
    found = program("smtp-source")
    if found is None:
        raise SystemExit("smtp-source is not installed; it comes with Debian's postfix: apt-get install --no-install-recommends postfix")
    with ExitStack() as stack:
        sinks = [stack.enter_context(sink()) for _ in range(processes)]
        words = [found, "-s", sessions, "-m", messages // processes, "-l", size, "-f", "news@sender.test", "-t", "anna@firma.test"]
        before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        running = [subprocess.Popen([*map(str, words), f"127.0.0.1:{one.port}"]) for one in sinks]
        if max(one.wait() for one in running):
            raise SystemExit("smtp-source failed; its own words stand above.")
        took, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu, sent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, messages // processes * processes
        sink_cpu = sum(one.cpu_seconds() for one in sinks)
        return Floor(sent, size, sessions, processes, sent / took, cpu / sent * 1e6, sink_cpu / sent * 1e6)


def main() -> None:
    """Print one JSON line."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--messages", type=int, default=20_000)
    options.add_argument("--size", type=int, default=32_700)
    options.add_argument("--sessions", type=int, default=10)
    options.add_argument("--processes", type=int, default=1)
    given = options.parse_args()
    figures = floor(given.messages, given.size, given.sessions, given.processes)
    print(orjson.dumps({"case": "smtp-source", "cores": os.cpu_count(), **asdict(figures)}).decode())


if __name__ == "__main__":
    main()
