"""A command that runs a flow of 40 tasks on the engine, and what can be seen of it from outside."""

from __future__ import annotations

import os
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

RUN = """
import logging, os, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # as at a terminal: what a script runs in the background ignores it
from cli.door import notes
from cli.engine import engine
from mailings.errors import Unreachable
try:
    with engine() as url:
        from prefect import flow, task
        print(url, flush=True)

        @task
        def portion(number):
            logging.getLogger("mailings.sending").info("portion %d with æøå", number)

        @flow
        def run():
            for number in range(40):
                portion(number)
            print("working", flush=True)
            sys.stdin.readline()

        run()
except Unreachable as error:
    print(error)
    sys.exit(3)
print("after", os.environ.get("PREFECT_API_URL"), os.environ.get("PREFECT_HOME"), flush=True)
"""


def environment(**more: str) -> dict[str, str]:
    """The environment of a person who never configured Prefect."""
    return {k: v for k, v in os.environ.items() if not k.startswith("PREFECT_")} | {"HOME": "/nonexistent"} | more


@contextmanager
def command(folder: Path, **more: str) -> Iterator[subprocess.Popen[str]]:
    """A process that runs a flow of 40 tasks and then waits for a line on its standard input."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", RUN], cwd=folder, env=environment(**more), text=True, **pipes) as process:  # type: ignore[call-overload]
        try:
            yield process
        finally:
            process.kill()


def url_of(process: subprocess.Popen[str]) -> str:
    """The API the process runs against, once its flow is at work."""
    assert process.stdout
    url = process.stdout.readline().strip()
    assert process.stdout.readline().strip() == "working"
    return url


def answers(url: str) -> bool:
    """Whether somebody listens there."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", urlsplit(url).port or 0)) == 0


def gone_within(url: str, seconds: float) -> bool:
    """Whether the server is gone after that time at most."""
    deadline = time.monotonic() + seconds
    while answers(url) and time.monotonic() < deadline:
        time.sleep(0.1)
    return not answers(url)


def asked(folder: Path, sql: str, number: int = 1) -> list[tuple[object, ...]]:
    """Rows of the database the embedded server left."""
    with closing(sqlite3.connect(folder / "var" / "prefect" / str(number) / "prefect.db")) as connection:
        return list(connection.execute(sql))
