"""A Prefect server of our own for the length of one command: on a free loopback port, waited for, kept up, stopped at the end."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from cli.engine_folder import own_folder
from cli.server_process import ServerProcess
from mailings.errors import Unreachable

PATIENCE = 90.0  # seconds for the server to answer: 4 s on a database that is there, 10-20 s on a fresh one under load
TRIES = 3  # somebody may take the free port before the server does
RESTARTS = 3  # a machine short of memory may kill the server; a run without one would wait minutes for it at its end


@dataclass(frozen=True)
class Embedded:
    """A running server: its API and the folder it keeps its database and log in."""

    url: str
    home: Path


@contextmanager
def embedded_server(folder: Path) -> Iterator[Embedded]:
    """A server that lives as long as the block and dies with this process, however it dies; one that dies alone is started again.

    Each gets a folder of its own under `folder`, so that two commands at once never share a SQLite file or stop each
    other's server. Raises Unreachable naming the log when it does not come up.
    """
    with own_folder(folder) as (home, lock):
        server, over = _started(home, lock), threading.Event()
        watch = threading.Thread(target=_keep_up, args=(server, over), name="engine-watch", daemon=True)
        watch.start()
        try:
            yield Embedded(server.url, home)
        finally:
            over.set()
            watch.join()
            server.stop()


def _started(home: Path, lock: IO[str]) -> ServerProcess:
    deadline = time.monotonic() + PATIENCE
    (home / "server.log").unlink(missing_ok=True)
    for _ in range(TRIES):
        server = ServerProcess(home, _free_port(), lock)
        try:
            if server.answers(deadline):
                return server
        except BaseException:
            server.stop()
            raise
        server.stop()
        if _is_free(server.port):
            break  # it failed for a reason of its own, and would again
    raise Unreachable(f"The engine (Prefect) did not start; its log says why: {home / 'server.log'}")


def _keep_up(server: ServerProcess, over: threading.Event) -> None:
    """Start the server again on its port where it dies before it is over; what its clients hold they send again by themselves."""
    for _ in range(RESTARTS):
        while server.alive():
            if over.wait(0.2):
                return
        if not over.is_set():
            server.start()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0
