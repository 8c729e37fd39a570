"""The processes of `mailings up`: what each runs, and in which environment."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

from cli.prefect_api import told
from cli.up.children import Part
from cli.up.place import Place

POOL = "mailings"
NOT_OURS = ("PREFECT_PROFILE", "PREFECT_PROFILES_PATH")  # they name a home that is not the server's

#: nothing is sent home, nothing is advertised; a run is looked for every two seconds (Prefect's own: ten)
ALWAYS = {
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
    "PREFECT_WORKER_QUERY_SECONDS": "2",
    "PREFECT_WORKER_WEBSERVER_HOST": "127.0.0.1",
    "PREFECT_LOGGING_EXTRA_LOGGERS": "mailings",
    "PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW": "ignore",
}
SERVER_S, DOOR_S, WORKER_S, SENDER_S = 8.0, 25.0, 40.0, 30.0  # seconds each may take to end; a run has 30 for what is in hand


@dataclass(frozen=True)
class Chosen:
    """What was asked for: where the server and the door listen (None = no door), how many runs at once."""

    prefect: tuple[str, int]
    door: tuple[str, int] | None
    runs: int

    @property
    def url(self) -> str:
        """The server as this machine reaches it."""
        return f"http://{_reached(self.prefect[0])}:{self.prefect[1]}"

    @property
    def api(self) -> str:
        """Its API."""
        return f"{self.url}/api"

    @property
    def origins(self) -> tuple[str, ...]:
        """Where its own pages may come from, as a browser names it."""
        port = self.prefect[1]
        return tuple(dict.fromkeys((f"http://127.0.0.1:{port}", f"http://localhost:{port}", self.url)))

    @property
    def door_url(self) -> str:
        """The door as this machine reaches it; "" without one."""
        return f"http://{_reached(self.door[0])}:{self.door[1]}" if self.door else ""


def environment(chosen: Chosen, place: Place) -> dict[str, str]:
    """The environment of whatever speaks to the server: ours, with a home of the server's own."""
    ours = ALWAYS | {"PREFECT_HOME": str(place.server), "PREFECT_API_URL": chosen.api, "MAILINGS_ROOT": str(Path.cwd())}
    if known := told("PREFECT_API_AUTH_STRING") or told("PREFECT_SERVER_API_AUTH_STRING"):
        ours["PREFECT_API_AUTH_STRING"] = known
    return {name: value for name, value in os.environ.items() if name not in NOT_OURS} | ours


def server(chosen: Chosen, place: Place) -> Part:
    """Prefect's server with its pages, its schedules and all else it does by itself.

    Foreign pages in the same browser may neither read its answers nor ask blindly: what changes something takes a token they cannot read.
    """
    host, port = chosen.prefect
    words = ("prefect", "--no-prompt", "server", "start", "--host", host, "--port", str(port))
    guarded = {"PREFECT_SERVER_CORS_ALLOWED_ORIGINS": ",".join(chosen.origins), "PREFECT_SERVER_CSRF_PROTECTION_ENABLED": "true"}
    env = environment(chosen, place) | {name: told(name) or ours for name, ours in guarded.items()}
    if chosen.url != f"http://{host}:{port}":  # it listens everywhere: its pages ask the host they came from, not the reader's own
        env.setdefault("PREFECT_SERVER_UI_API_URL", "/api")
    return Part("server", words, env, SERVER_S)


def worker(chosen: Chosen, place: Place) -> Part:
    """Starts a process for each run the server asks for."""
    named = ("--name", worker_name(), "--limit", str(chosen.runs))
    words = ("prefect", "--no-prompt", "worker", "start", "--pool", POOL, "--type", "process", *named)
    return Part("worker", words, environment(chosen, place), WORKER_S)


def worker_name() -> str:
    """The same from start to start, so that the server does not gather workers that are gone."""
    return f"up-{socket.gethostname()}"


def door(where: tuple[str, int]) -> Part:
    """`mailings serve`: clicks, unsubscribing, webhooks, the desk. It knows nothing of Prefect."""
    return Part("door", ("cli.main", "serve", "--host", where[0], "--port", str(where[1])), dict(os.environ), DOOR_S)


def sender() -> Part:
    """`mailings deliver --watch`: answers to forms and what people ask our pages for, within seconds. It knows nothing of Prefect."""
    return Part("sender", ("cli.main", "deliver", "--watch"), dict(os.environ), SENDER_S)


def _reached(host: str) -> str:
    """How this machine reaches what listens there: loopback where it listens on every address."""
    try:
        address = ip_address(host)
    except ValueError:
        return host
    if address.is_unspecified:
        return "127.0.0.1" if address.version == 4 else "[::1]"
    return f"[{host}]" if address.version == 6 else host
