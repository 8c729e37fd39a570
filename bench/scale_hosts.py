"""The machines of a larger installation, as processes: Prefect's server, and workers, each with a folder and a host name of its own."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.servers.sink import free_port

ROOT = Path(__file__).parents[1]
PREFECT = [sys.executable, "-m", "prefect", "--no-prompt"]
AUTH = "admin:only-for-this-measurement"
#: a name space of its own for the host name: what the others see of such a worker is what they see of another machine
RENAMED = ["unshare", "-u", "sh", "-c", 'hostname "$0" && exec "$@"']
REDIS = {
    "PREFECT_MESSAGING_BROKER": "prefect_redis.messaging",
    "PREFECT_MESSAGING_CACHE": "prefect_redis.messaging",
    "PREFECT_SERVER_EVENTS_CAUSAL_ORDERING": "prefect_redis.ordering",
    "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": "prefect_redis.lease_storage",
    "PREFECT_SERVER_WORKER_CHANNEL_CLEANUP_QUEUE_STORAGE": "prefect_redis.cleanup_queue",
}


@dataclass(frozen=True, slots=True)
class Prefect:
    """A Prefect server; `environment` is what its clients need."""

    url: str
    environment: dict[str, str]

    def asked(self, path: str, body: dict[str, Any] | None = None) -> Any:
        """The API's answer to a POST."""
        words = {"Content-Type": "application/json", "Authorization": f"Basic {b64encode(AUTH.encode()).decode()}"}
        request = urllib.request.Request(f"{self.url}/{path}", json.dumps(body or {}).encode(), words)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.loads(answer.read())


@dataclass(frozen=True, slots=True)
class Worker:
    """A worker on a machine of its own."""

    name: str
    process: subprocess.Popen[bytes]

    def dies(self) -> int:
        """The machine is gone: the worker and its runs, all at once. How many processes that were."""
        gone = [self.process.pid, *descendants(self.process.pid)]
        for pid in gone:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return len(gone)


@contextmanager
def server(folder: Path, database: str, redis: str = "") -> Iterator[Prefect]:
    """Prefect's server on that PostgreSQL; with Redis its services are a process of their own, as on several machines."""
    port = free_port()
    url = f"http://127.0.0.1:{port}/api"
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("PREFECT_", "MAILINGS_"))}
    clean |= {"PREFECT_HOME": str(folder), "DO_NOT_TRACK": "1", "PREFECT_SERVER_ANALYTICS_ENABLED": "false"}
    ours = clean | {"PREFECT_SERVER_DATABASE_CONNECTION_URL": database, "PREFECT_SERVER_API_AUTH_STRING": AUTH}
    # PostgreSQL lets in sixty: the senders need some
    ours |= {"PREFECT_SERVER_DATABASE_SQLALCHEMY_POOL_SIZE": "5", "PREFECT_SERVER_DATABASE_SQLALCHEMY_MAX_OVERFLOW": "5"}
    if redis:
        ours |= REDIS | {"PREFECT_REDIS_MESSAGING_URL": f"{redis}/0", "PREFECT_SERVER_DOCKET_URL": f"{redis}/1"}
        ours |= {"PREFECT_REDIS_WORKER_CLEANUP_QUEUE_URL": f"{redis}/0"}  # does not follow the messages' address
    subprocess.run([*PREFECT, "server", "database", "upgrade", "-y"], env=ours, check=True, stdout=subprocess.DEVNULL, timeout=120)
    start = [*PREFECT, "server", "start", "--host", "127.0.0.1", "--port", str(port), *(["--no-services"] if redis else [])]
    with background(start, ours, folder / "server.log"):
        _until_it_answers(f"{url}/health")
        found = Prefect(url, clean | {"PREFECT_API_URL": url, "PREFECT_API_AUTH_STRING": AUTH})
        if not redis:
            yield found
            return
        with background([sys.executable, "-m", "deployments.mending", "server", "services", "start"], ours, folder / "services.log"):
            yield found


@contextmanager
def worker(prefect: Prefect, folder: Path, settings: dict[str, str], limit: int) -> Iterator[Worker]:
    """A worker in its own folder with its own `.env`, named like the folder, which takes `limit` runs at a time."""
    folder.mkdir()
    (folder / ".env").write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
    ours = prefect.environment | {
        "MAILINGS_ROOT": str(folder),
        "PREFECT_HOME": str(folder / "prefect"),
        "PREFECT_WORKER_QUERY_SECONDS": "2",
    }
    words = [*PREFECT, "worker", "start", "--pool", "mailings", "--name", folder.name, "--limit", str(limit)]
    with background([*([*RENAMED, folder.name] if apart() else []), *words], ours, folder / "worker.log") as process:
        yield Worker(folder.name, process)


def apart() -> bool:
    """Whether workers may have host names of their own here."""
    with suppress(OSError):
        return subprocess.run(["unshare", "-u", "true"], capture_output=True, check=False).returncode == 0
    return False


def descendants(pid: int) -> list[int]:
    """The processes a process has started, and theirs (Linux)."""
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in map(int, task.read_text().split()):
            found += [child, *descendants(child)]
    return found


@contextmanager
def redis(folder: Path) -> Iterator[str]:
    """A Redis that keeps nothing on the disk; its URL."""
    port = free_port()
    words = [
        "redis-server",
        "--port",
        str(port),
        "--bind",
        "127.0.0.1",
        "--save",
        "",
        "--dir",
        str(folder),
        "--maxmemory-policy",
        "noeviction",
    ]
    with background(words, dict(os.environ), folder / "redis.log"):
        until = time.monotonic() + 20
        while socket.socket().connect_ex(("127.0.0.1", port)) and time.monotonic() < until:
            time.sleep(0.1)
        yield f"redis://127.0.0.1:{port}"


@contextmanager
def background(words: list[str], environment: dict[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process that is asked to end after the block, and made to, with what it started, if it does not."""
    with log.open("wb") as said:
        process = subprocess.Popen(words, env=environment, cwd=log.parent, stdout=said, stderr=said, start_new_session=True)
    try:
        yield process
    finally:
        left = descendants(process.pid)
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(20)
        for pid in [*left, *([] if process.returncode is not None else [process.pid])]:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        process.wait()


def _until_it_answers(url: str) -> None:
    until = time.monotonic() + 120
    while time.monotonic() < until:
        with suppress(OSError, urllib.error.URLError), urllib.request.urlopen(url, timeout=5) as answer:
            if answer.status == 200:
                return
        time.sleep(0.3)
    raise SystemExit(f"Prefect's server at {url} does not answer.")
