"""A Prefect server with everything switched on, and what its page in the browser sends it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

from tests.prefect_tables import with_tables

ROOT = Path(__file__).parents[2]
PREFECT = [sys.executable, "-m", "prefect", "--no-prompt"]
FINAL = {"COMPLETED", "FAILED", "CRASHED", "CANCELLED"}
PATIENCE = 300.0  # seconds for anything a run is to bring about; on a quiet machine all of it is over in fifteen
TRIES = 3  # somebody may take the free port before the server does


def until(holds: Callable[[], object], seconds: float = PATIENCE, what: str = "it") -> None:
    """Wait until it holds, and fail after so many seconds."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"{what} took longer than {seconds:g} s"
        time.sleep(0.2)


def told(command: list[str], env: dict[str, str]) -> str:
    """What a command that must succeed says, run from the checkout."""
    done = subprocess.run(command, env=env, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@contextmanager
def background(command: list[str], env: dict[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process that is asked to end after the block, and made to if it does not."""
    with (
        log.open("ab") as out,
        subprocess.Popen(command, env=env, cwd=log.parent, stdout=out, stderr=out, start_new_session=True) as process,
    ):
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)


class Patient(httpx.HTTPTransport):
    """Asks again where the answer is 503: a database that was locked for too long, as Prefect's own client and its pages do."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """The answer of a server that was not too busy for one."""
        deadline = time.monotonic() + PATIENCE
        while (answer := super().handle_request(request)).status_code == 503 and time.monotonic() < deadline:
            answer.close()
            time.sleep(0.5)
        return answer


@dataclass
class Server:
    """A server as its page in the browser speaks to it. `env` = the environment of somebody who uses it."""

    env: dict[str, str]

    @cached_property
    def api(self) -> httpx.Client:
        """Its API, which is asked again where it was too busy."""
        return httpx.Client(base_url=self.env["PREFECT_API_URL"], timeout=120, transport=Patient())

    def post(self, path: str, **body: Any) -> httpx.Response:
        """The answer to a request."""
        return self.api.post(path, json=body)

    def found(self, what: str, **which: Any) -> list[dict[str, Any]]:
        """Everything of a kind ("deployments") that is asked for."""
        answer: list[dict[str, Any]] = self.post(f"/{what}/filter", **which).raise_for_status().json()
        return answer

    def asked(self, flow: str, **parameters: Any) -> httpx.Response:
        """The answer to the form of a deployment, sent as the button "Custom run" sends it."""
        number = self.api.get(f"/deployments/name/{flow}/{flow}").raise_for_status().json()["id"]
        form = {"parameters": parameters, "enforce_parameter_schema": True, "state": {"type": "SCHEDULED", "message": "Run from the UI"}}
        return self.post(f"/deployments/{number}/create_flow_run", **form, idempotency_key=uuid4().hex)

    def begin(self, flow: str, **parameters: Any) -> str:
        """The id of a new run of a deployment."""
        return str(self.asked(flow, **parameters).raise_for_status().json()["id"])

    def run(self, run: str) -> dict[str, Any]:
        """A run, as it is shown."""
        shown: dict[str, Any] = self.api.get(f"/flow_runs/{run}").raise_for_status().json()
        return shown

    def states(self, run: str) -> list[str]:
        """The types of the states a run went through."""
        found = self.api.get("/flow_run_states/", params={"flow_run_id": run}).raise_for_status().json()
        return [str(state["type"]) for state in sorted(found, key=lambda state: str(state["timestamp"]))]

    def press(self, run: str, state: str, name: str) -> None:
        """What the buttons Retry and Cancel of a run's page send."""
        wanted = {"state": {"type": state, "name": name, "message": "From the UI"}, "force": True}
        assert self.post(f"/flow_runs/{run}/set_state", **wanted).raise_for_status().json()["status"] == "ACCEPT"

    def ends(self, run: str, count: int = 1) -> str:
        """The state a run ends in, once it has begun `count` times."""
        until(lambda: self._is_over(run, count), what=f"a run of {run}")
        return str(self.run(run)["state_type"])

    def _is_over(self, run: str, count: int) -> bool:
        shown = self.run(run)
        return shown["run_count"] >= count and shown["state_type"] in FINAL


@contextmanager
def served(folder: Path, database: str = "") -> Iterator[Server]:
    """A server on that PostgreSQL database, empty; on SQLite where none is named. Its scheduler rests: only what a test asks for runs."""
    its_own = {"PREFECT_SERVER_DATABASE_CONNECTION_URL": database.replace("+psycopg", "+asyncpg")} if database else {}
    if not database:
        with_tables(folder, ".")
    with ExitStack() as tried:
        begun = (tried.enter_context(_begun(folder, its_own)) for _ in range(TRIES))
        running = next((server for server in begun if server is not None), None)
        assert running is not None, (folder / "server.log").read_text()
        yield running


@contextmanager
def _begun(folder: Path, its_own: dict[str, str]) -> Iterator[Server | None]:
    """A server on a port that was free a moment ago, once it answers; None where it ended instead."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    url = f"http://127.0.0.1:{port}/api"
    env = environment(folder, url)
    start = [*PREFECT, "server", "start", "--host", "127.0.0.1", "--port", port]
    with background(start, env | its_own, folder / "server.log") as process:
        until(lambda: answers(f"{url}/health") or process.poll() is not None, what="the start of Prefect's server")
        yield Server(env | {"PREFECT_API_URL": url}) if process.poll() is None else None


def environment(folder: Path, url: str) -> dict[str, str]:
    """What a server with its files there is told, and whoever uses it."""
    return {k: v for k, v in os.environ.items() if not k.startswith("PREFECT_") and k != "PYTHONDONTWRITEBYTECODE"} | {
        "PREFECT_HOME": str(folder),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_SERVER_SERVICES_SCHEDULER_ENABLED": "false",
        "PREFECT_UI_API_URL": url,  # its pages would ask port 4200 otherwise
        "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
        "DO_NOT_TRACK": "1",
        "PREFECT_WORKER_QUERY_SECONDS": "1",
        "PREFECT_SERVER_EVENTS_PROACTIVE_GRANULARITY": "PT1S",  # it would look every five seconds for what did not happen
    }


def answers(url: str) -> bool:
    """Whether the address answers with 200."""
    try:
        return httpx.get(url, timeout=5).status_code == 200
    except httpx.HTTPError:
        return False
