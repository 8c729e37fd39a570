"""One process of Prefect's server: launched with our settings on a port, asked whether it answers, ended by its pid."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.request
from contextlib import suppress
from pathlib import Path
from typing import IO

GRACE = 8.0  # seconds for the server to end by itself; it writes down what it holds
ALONE = "5"  # seconds for the same where nobody is left to ask for it
GUARDED = (sys.executable, "-m", "cli.guarded", ALONE, "prefect", "--no-prompt", "server", "start")

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


class ServerProcess:
    """A server with its database and log in `home`. `lock` is inherited: the folder stays held while the process lives."""

    def __init__(self, home: Path, port: int, lock: IO[str]) -> None:
        self.home, self.port, self.lock = home, port, lock
        self.url = f"http://127.0.0.1:{port}/api"
        self.start()

    def start(self) -> None:
        """Launch it; also again, when it died."""
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("PREFECT_")}
        ours = {
            "PREFECT_HOME": str(self.home),
            "PREFECT_SERVER_CORS_ALLOWED_ORIGINS": f"http://127.0.0.1:{self.port}",  # no page of others in the operator's browser
            "PREFECT_SERVER_DATABASE_CONNECTION_URL": f"sqlite+aiosqlite:///{self.home / 'prefect.db'}",
        }
        with (self.home / "server.log").open("a") as log:
            self._child = subprocess.Popen(  # noqa: S603  our own interpreter and our own words
                [*GUARDED, "--host", "127.0.0.1", "--port", str(self.port)],
                env=inherited | RECORDS_ONLY | ours,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                pass_fds=(self.lock.fileno(),),
                start_new_session=True,  # Ctrl-C at the terminal is for us: the server must live until the run is written down
            )
        self.lock.truncate(0)
        self.lock.write(f"{self._child.pid}\n")
        self.lock.flush()

    def alive(self) -> bool:
        """Whether the process runs."""
        return self._child.poll() is None

    def answers(self, deadline: float) -> bool:
        """Whether it answers before that moment (of the monotonic clock), and before its process ends."""
        while self.alive() and time.monotonic() < deadline:
            with suppress(OSError), urllib.request.urlopen(f"{self.url}/health", timeout=5) as answer:  # noqa: S310  loopback http
                if answer.status == 200 and self.alive():
                    return True
            time.sleep(0.1)
        return False

    def stop(self) -> None:
        """End the process we started, and nothing else."""
        with self._child as child:  # closes the pipe and waits
            try:
                child.terminate()
                child.wait(GRACE)
            except BaseException as error:  # also a second Ctrl-C: no server is left behind
                with suppress(ProcessLookupError):
                    os.killpg(child.pid, signal.SIGKILL)
                if not isinstance(error, subprocess.TimeoutExpired):
                    raise
