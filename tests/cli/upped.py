"""`mailings up` as an operator starts it, on ports of the test's own, and what can be seen of it from outside."""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from mailings.db import Database, connected
from tests.cli.typed import type_in
from tests.deployments.server import Patient
from tests.flows.test_send_mailing import draft

ROOT = Path(__file__).parents[2]
STARTS = 600.0  # seconds beside other tests: on two processors with twenty at work 300 were seen; alone 25 the first time, 8 after that


@dataclass
class Up:
    """A running `up` in a folder."""

    process: subprocess.Popen[bytes]
    folder: Path
    prefect_port: int
    port: int
    auth: tuple[str, str] | None = None

    @property
    def api(self) -> str:
        """The API of its Prefect server."""
        return f"http://127.0.0.1:{self.prefect_port}/api"

    @property
    def said(self) -> str:
        """Everything it told so far."""
        return (self.folder / "up.out").read_text()

    def ready(self) -> bool:
        """Whether it says that everything runs; fails where it has ended instead."""
        assert self.process.poll() is None, self.said
        return "Everything runs" in self.said

    def ask(self, path: str, body: dict[str, Any] | None = None) -> Any:
        """What its Prefect server answers."""
        with httpx.Client(
            base_url=self.api, timeout=120, auth=self.auth, headers={"Prefect-Csrf-Client": "test"}, transport=Patient()
        ) as client:
            if body is None:
                return client.get(path).raise_for_status().json()
            token = {"Prefect-Csrf-Token": client.get("csrf-token", params={"client": "test"}).raise_for_status().json()["token"]}
            return client.post(path, json=body, headers=token).raise_for_status().json()

    def run(self, deployment: str, **parameters: object) -> str:
        """Ask for a run as the browser does; its id."""
        found = self.ask(f"deployments/name/{deployment}/{deployment}")["id"]
        return str(self.ask(f"deployments/{found}/create_flow_run", {"parameters": parameters})["id"])

    def state(self, run: str) -> str:
        """The name of the state a run is in."""
        return str(self.ask(f"flow_runs/{run}")["state_name"])

    def end(self, number: int = signal.SIGINT) -> float:
        """Ask it to end; how many seconds that took."""
        begun = time.monotonic()
        self.process.send_signal(number)
        self.process.wait(180)
        return time.monotonic() - begun


@contextmanager
def upped(folder: Path, *words: str, **environment: str) -> Iterator[Up]:
    """An `up` that is ready, killed after the block if it still runs."""
    port, prefect_port = free_ports()
    with (folder / "up.out").open("wb") as out:
        process = subprocess.Popen(
            command(port, prefect_port, *words), cwd=folder, env=plain(**environment), stdin=subprocess.DEVNULL, stdout=out, stderr=out
        )
    with process:
        try:
            up = Up(process, folder, prefect_port, port)
            until(up.ready, STARTS)
            yield up
        finally:
            process.kill()


def free_ports() -> tuple[int, int]:
    """Two ports nobody listens on, below those the system gives to connections: a minute may pass before they are used."""
    given = Path("/proc/sys/net/ipv4/ip_local_port_range")
    first = int(given.read_text().split()[0]) if given.exists() else 32_768
    while True:
        chosen = random.sample(range(first // 2, first), 2)
        with socket.socket() as one, socket.socket() as other, suppress(OSError):
            one.bind(("127.0.0.1", chosen[0]))
            other.bind(("127.0.0.1", chosen[1]))
            return chosen[0], chosen[1]


def command(port: int, prefect_port: int, *words: str) -> list[str]:
    """What an operator types."""
    return [sys.executable, "-m", "cli.main", "up", "--port", str(port), "--prefect-port", str(prefect_port), *words]


def plain(**environment: str) -> dict[str, str]:
    """The environment of somebody who has set nothing but `environment`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("MAILINGS_", "PREFECT_"))}
    return kept | {"HOME": "/nonexistent", "COLUMNS": "200", "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"} | environment


def installation(folder: Path, mailing: str, people: int, rate: int) -> Database:
    """A folder with a database in which a mailing to so many people stands, and a limit of so many messages a minute."""
    (folder / "var").mkdir(parents=True)
    (folder / ".env").write_text(f"MAILINGS_RATE={rate}\n")
    assert type_in(folder, "init").returncode == 0
    database = connected(f"sqlite:///{folder}/var/mailings.db")
    draft(database, mailing, people)
    return database


def outbox(folder: Path) -> list[str]:
    """The messages in the Maildir, each by the name of its delivery."""
    new = folder / "var" / "outbox" / "new"
    return [path.name.split(".")[0] for path in new.iterdir()] if new.is_dir() else []


def family(folder: Path) -> set[int]:
    """Every process that stands in the folder: `up`, what it began, and what that began."""
    found = set()
    for proc in Path("/proc").glob("[0-9]*"):
        try:
            if (proc / "cwd").readlink() == folder and (proc / "stat").read_text().rpartition(")")[2].split()[0] != "Z":
                found.add(int(proc.name))
        except OSError:
            continue
    return found


def status(folder: Path, mailing: str) -> dict[str, Any]:
    """What `mailings status` says."""
    told = type_in(folder, "status", mailing, "--json")
    assert told.returncode == 0, told.stderr
    document: dict[str, Any] = json.loads(told.stdout)
    return document


def until(holds: Callable[[], bool], seconds: float) -> None:
    """Wait until it holds, and fail after so many seconds."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it took too long"
        time.sleep(0.2)
