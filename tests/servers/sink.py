"""Postfix's smtp-sink, which takes everything or misbehaves as told, and smtp-source, which says how fast that can go."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_PATH = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin"
_HELD: list[socket.socket] = []  # by this process, until it ends


def program(name: str) -> str | None:
    """Where a program of Postfix is; None where it is not installed."""
    return shutil.which(name, path=_PATH)


def free_port() -> int:
    """A port of the loopback that nobody listens on, and that the system gives to nobody else: servers take seconds to begin.

    It stays bound here, without listening. Whoever is told its number may listen there, for servers bind with SO_REUSEADDR.
    A sink binds with SO_REUSEPORT too: two on one port would share connections.
    """
    held = socket.socket()
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    held.bind(("127.0.0.1", 0))
    _HELD.append(held)
    return int(held.getsockname()[1])


@dataclass
class Sink:
    """A running smtp-sink."""

    port: int
    pid: int
    dump: Path | None  #: where it keeps what it takes

    def dumped(self) -> str:
        """Everything it has taken so far, envelopes and messages, as its dump has it."""
        return self.dump.read_text("utf-8", "surrogateescape") if self.dump is not None and self.dump.exists() else ""

    def kill(self) -> None:
        """End it at once, as a crash would."""
        os.kill(self.pid, signal.SIGKILL)

    def cpu_seconds(self) -> float:
        """What it has used of the processor (Linux)."""
        words = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def sink(*flags: str, dump: Path | None = None) -> Iterator[Sink]:
    """An smtp-sink with these flags, stopped by its pid at the end. What it takes is appended to the file `dump`.

    Run by root it becomes nobody, who must be able to reach the dump's folder (`open_folder`).
    """
    found, port = program("smtp-sink"), free_port()
    assert found is not None, "smtp-sink is not installed"
    words = [*(["-u", "nobody"] if os.geteuid() == 0 else []), *(["-D", str(dump)] if dump else []), *flags]
    running = subprocess.Popen([found, *words, f"127.0.0.1:{port}", "512"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        _until_it_listens(running, port)
        yield Sink(port, running.pid, dump)
    finally:
        running.terminate()
        running.communicate(timeout=60)


@contextmanager
def open_folder() -> Iterator[Path]:
    """A folder everybody may write into, gone at the end."""
    with tempfile.TemporaryDirectory(prefix="mailings-sink-") as folder:
        Path(folder).chmod(0o777)
        yield Path(folder)


def _until_it_listens(running: subprocess.Popen[bytes], port: int) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        if running.poll() is not None:
            raise RuntimeError(f"smtp-sink ended: {running.stderr.read().decode() if running.stderr else ''}")
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise RuntimeError(f"smtp-sink does not listen on port {port}")
