"""A Prefect server of our own for the length of one command: started on a free loopback port, waited for, stopped by its pid."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from mailings.errors import Unreachable

PATIENCE = 90.0  # seconds for the server to answer: 4 s on a database that is there, 10-20 s on a fresh one under load
GRACE = 8.0  # seconds for the server to end by itself; it writes down what it holds
TRIES = 3  # somebody may take the free port before the server does
SLOTS = 50  # commands running at the same time in one folder

#: a server that only records: nothing is scheduled, watched or sent home by it, and nothing it knows leaves the machine
RECORDS_ONLY = {
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
    "PREFECT_SERVER_SERVICES_SCHEDULER_ENABLED": "false",
    "PREFECT_SERVER_SERVICES_LATE_RUNS_ENABLED": "false",
    "PREFECT_SERVER_SERVICES_FOREMAN_ENABLED": "false",
    "PREFECT_SERVER_SERVICES_TRIGGERS_ENABLED": "false",
    "PREFECT_SERVER_SERVICES_EVENT_PERSISTER_FLUSH_INTERVAL": "1",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_FLUSH_INTERVAL": "1",
    "PREFECT_SERVER_LOGGING_LEVEL": "WARNING",
}


@dataclass(frozen=True)
class Embedded:
    """A running server: its API and the folder it keeps its database and log in."""

    url: str
    home: Path


@contextmanager
def embedded_server(folder: Path) -> Iterator[Embedded]:
    """A server that lives as long as the block and dies with this process, however it dies.

    Each gets a folder of its own under `folder`, so that two commands at once never share a SQLite file or stop each
    other's server. Raises Unreachable naming the log when it does not come up.
    """
    with _own_folder(folder) as (home, lock):
        child, url = _started(home, lock)
        try:
            yield Embedded(url, home)
        finally:
            _stop(child)


@contextmanager
def _own_folder(folder: Path) -> Iterator[tuple[Path, IO[str]]]:
    """The first folder nobody holds. The lock is the child's too: a server still ending keeps its folder."""
    import fcntl  # noqa: PLC0415  Unix only, like the pipe the child ends by; the rest of the command line runs anywhere

    for number in range(1, SLOTS + 1):
        home = (folder / str(number)).absolute()
        with ExitStack() as stack:
            try:
                home.mkdir(parents=True, exist_ok=True)
                lock = stack.enter_context((home / "lock").open("w"))
            except OSError as error:
                raise Unreachable(f"The engine cannot keep its files in {folder}: {error.strerror}; make it writable.") from error
            with suppress(BlockingIOError):
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                yield home, lock
                return
    raise Unreachable(f"{SLOTS} engines are running in {folder} already; wait for one to end.")


def _started(home: Path, lock: IO[str]) -> tuple[subprocess.Popen[bytes], str]:
    deadline = time.monotonic() + PATIENCE
    for _ in range(TRIES):
        port = _free_port()
        child = _launch(home, port, lock)
        try:
            if _answers(child, f"http://127.0.0.1:{port}/api/health", deadline):
                return child, f"http://127.0.0.1:{port}/api"
        except BaseException:
            _stop(child)
            raise
        _stop(child)
        if _is_free(port):
            break  # it failed for a reason of its own, and would again
    raise Unreachable(f"The engine (Prefect) did not start; its log says why: {home / 'server.log'}")


def _launch(home: Path, port: int, lock: IO[str]) -> subprocess.Popen[bytes]:
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("PREFECT_")}
    ours = {"PREFECT_HOME": str(home), "PREFECT_SERVER_DATABASE_CONNECTION_URL": f"sqlite+aiosqlite:///{home / 'prefect.db'}"}
    with (home / "server.log").open("w") as log:
        return subprocess.Popen(  # noqa: S603  our own interpreter and our own words
            [sys.executable, "-m", "cli.guarded", "--no-prompt", "server", "start", "--host", "127.0.0.1", "--port", str(port)],
            env=inherited | RECORDS_ONLY | ours,
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=subprocess.STDOUT,
            pass_fds=(lock.fileno(),),
            start_new_session=True,  # Ctrl-C at the terminal is for us: the server must live until the run is written down
        )


def _answers(child: subprocess.Popen[bytes], health: str, deadline: float) -> bool:
    """Whether the server answers before the deadline, and before its process ends."""
    while child.poll() is None and time.monotonic() < deadline:
        with suppress(OSError, urllib.error.URLError), urllib.request.urlopen(health, timeout=5) as answer:  # noqa: S310  loopback http
            if answer.status == 200 and child.poll() is None:
                return True
        time.sleep(0.1)
    return False


def _stop(child: subprocess.Popen[bytes]) -> None:
    """End the process we started, and nothing else."""
    with child:  # closes the pipe and waits
        try:
            child.terminate()
            child.wait(GRACE)
        except BaseException as error:  # also a second Ctrl-C: no server is left behind
            with suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
            if not isinstance(error, subprocess.TimeoutExpired):
                raise


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0
