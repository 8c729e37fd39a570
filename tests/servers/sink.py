"""Postfix's smtp-sink, which takes everything or misbehaves as told, and smtp-source, which says how fast that can go."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_PATH = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin"


def program(name: str) -> str | None:
    """Where a program of Postfix is; None where it is not installed."""
    return shutil.which(name, path=_PATH)


def free_port() -> int:
    """A port of the loopback that nobody listens on. A sink binds with SO_REUSEPORT: two on one port would share connections."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Sink:
    """A running smtp-sink."""

    port: int
    pid: int
    dump: Path | None = None

    def dumped(self) -> str:
        """Everything it has taken so far, envelopes and messages, as its dump file has it."""
        assert self.dump is not None
        found = sorted(self.dump.parent.glob(f"{self.dump.name}*"))
        return "".join(path.read_text("utf-8", "surrogateescape") for path in found)

    def cpu_seconds(self) -> float:
        """What it has used of the processor (Linux)."""
        words = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def sink(*flags: str, dump: Path | None = None) -> Iterator[Sink]:
    """An smtp-sink with these flags, stopped by its pid at the end; `dump` keeps what it takes."""
    found, port = program("smtp-sink"), free_port()
    assert found is not None, "smtp-sink is not installed"
    command = [found, *(["-u", "nobody"] if os.geteuid() == 0 else []), *(["-D", str(dump)] if dump else []), *flags]
    if dump is not None and os.geteuid() == 0:
        dump.parent.chmod(0o777)
    running = subprocess.Popen([*command, f"127.0.0.1:{port}", "512"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        _until_it_listens(running, port)
        yield Sink(port, running.pid, dump)
    finally:
        running.terminate()
        running.wait(10)
        if running.stderr:
            running.stderr.close()


def _until_it_listens(running: subprocess.Popen[bytes], port: int) -> None:
    until = time.monotonic() + 10
    while time.monotonic() < until:
        if running.poll() is not None:
            raise RuntimeError(f"smtp-sink ended: {running.stderr.read().decode() if running.stderr else ''}")
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise RuntimeError(f"smtp-sink does not listen on port {port}")
