"""Stoplight's Prism with SendGrid's own specification: the measure of our requests, and of the double we test them with."""

from __future__ import annotations

import os
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.house.tree import ROOT
from tests.servers.sink import free_port

PATIENCE = 90  # seconds: a busy machine takes a while to start Node


def program() -> Path | None:
    """Where `make packages` put it; None = nowhere."""
    return next((ready.parent / "node_modules/.bin/prism" for ready in sorted(ROOT.glob(".tools/prism-*/.ready"))), None)


def specification() -> Path | None:
    """SendGrid's, beside the test data; None = not there."""
    folder = os.environ.get("MAILINGS_TEST_DATA")
    found = Path(folder).parent / "standins" / "sendgrid-mail-v3.openapi.json" if folder else None
    return found if found is not None and found.is_file() else None


@dataclass(frozen=True)
class Prism:
    """A running one. `log` = all it said, violations too."""

    port: int
    log: Path

    @property
    def violations(self) -> list[str]:
        """What it found wrong so far."""
        return [line for line in self.log.read_text("utf-8", "replace").splitlines() if "violation" in line.lower()]


@contextmanager
def prism(folder: Path, *words: str) -> Iterator[Prism]:
    """`prism mock`, or `prism proxy` in front of another address; ended with the block."""
    found, spec = program(), specification()
    assert found is not None
    assert spec is not None
    port, log = free_port(), folder / "prism.log"
    kind, *rest = words
    command = [str(found), kind, "--host", "127.0.0.1", "--port", str(port), "--verboseLevel", "warn", *rest[:-1], str(spec), *rest[-1:]]
    with log.open("wb") as out, subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT) as running:
        try:
            _wait(port, running, log)
            yield Prism(port, log)
        finally:
            running.terminate()


def _wait(port: int, running: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        assert running.poll() is None, log.read_text("utf-8", "replace")
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=20)
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(log.read_text("utf-8", "replace"))
