"""`mailings serve` in a process of its own, as an operator starts it, and a plain way to speak to it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from mailings.db import Database
from tests.servers.sink import free_port
from tests.warm import Warm
from tests.web.opened import SECRET


@dataclass
class Served:
    """A running door. `said` = what it told at its start."""

    process: subprocess.Popen[str]
    port: int
    said: str

    def connect(self) -> socket.socket:
        """A connection to it, which gives up after a minute of silence."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=60)

    def ask(self, head: str, body: bytes = b"") -> bytes:
        """What it answers to one request, until it closes the connection. `head` without its last empty line."""
        with self.connect() as line:
            line.sendall(f"{head}\r\nHost: post.test\r\nConnection: close\r\n\r\n".encode() + body)
            return until_closed(line)

    def end(self, number: int = signal.SIGTERM) -> int:
        """Ask it to end; its exit code."""
        self.process.send_signal(number)
        return self.process.wait(120)


@contextmanager
def served(db: Database, folder: Path, *words: str, port: int | None = None, cold: bool = False, **environment: str) -> Iterator[Served]:
    """A door on this database, killed at the end if it still runs. `cold` = in an interpreter that has imported nothing."""
    port = port or free_port()
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("MAILINGS_", "PREFECT_"))}
    told = {"MAILINGS_DATABASE_URL": db.url.render_as_string(hide_password=False), "MAILINGS_SECRET": SECRET, "COLUMNS": "200"}
    place = words or ("--port", str(port))
    more = {"cwd": folder, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    given = plain | {"PYTHONPATH": str(Path(__file__).parents[2]), "PYTHONUTF8": "1"} | told | environment
    command = ["-m", "cli.main", "serve", *place]
    with subprocess.Popen([sys.executable, *command], env=given, text=True, **more) if cold else Warm(command, given, **more) as process:
        try:
            assert process.stdout
            yield Served(process, port, process.stdout.readline())
        finally:
            process.kill()


def until_closed(line: socket.socket) -> bytes:
    """Everything that comes until the other side closes."""
    parts = []
    while part := line.recv(65536):
        parts.append(part)
    return b"".join(parts)
