"""A PostgreSQL of the tests' own, started from the installed binaries on a private socket and a free port."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.servers.sink import free_port

QUIET: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.STDOUT, "check": True, "cwd": "/", "timeout": 300}


def binaries() -> Path | None:
    """The folder with initdb and pg_ctl, or None where PostgreSQL is not installed."""
    candidates = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    found = shutil.which("pg_ctl")
    if found:
        candidates.append(Path(found).resolve().parent)
    return next((c for c in candidates if (c / "initdb").exists() and (c / "pg_ctl").exists()), None)


@dataclass(frozen=True)
class Cluster:
    """A PostgreSQL that can be taken away and brought back. `url` has no database name."""

    url: str
    _control: list[str | Path]
    _options: list[str | Path]

    def start(self) -> None:
        """Start it, and wait until it answers."""
        subprocess.run([*self._control, *self._options, "start"], **QUIET)

    def stop(self) -> None:
        """Stop it as a crash would: every connection is gone, what was committed is there after the next start."""
        subprocess.run([*self._control, "-m", "immediate", "stop"], **QUIET)


@contextmanager
def running(bin_dir: Path, *, hasty: bool = False) -> Iterator[str]:
    """A fresh cluster; yields a URL without a database name. Gone, with its files, at the end.

    `hasty` = without fsync, for tests: a process that is killed loses nothing by that, only a machine would.
    """
    with cluster(bin_dir, "-c fsync=off" if hasty else "") as made:
        yield made.url


@contextmanager
def cluster(bin_dir: Path, more: str = "") -> Iterator[Cluster]:
    """A fresh cluster with fsync on, unless `more` options say otherwise, running. Gone, with its files, at the end."""
    folder = Path(tempfile.mkdtemp(prefix="mailings-pg-"))
    folder.chmod(0o755)
    data, port = folder / "data", free_port()
    as_user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    if as_user:
        shutil.chown(folder, "postgres", "postgres")
    initdb = [bin_dir / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "--locale=C.UTF-8", "-E", "UTF8", "--no-sync"]
    subprocess.run([*as_user, *initdb], **QUIET)
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder} -c max_connections=60 {more}"
    control = [*as_user, bin_dir / "pg_ctl", "-D", data, "-w", "-t", "240"]
    made = Cluster(f"postgresql+psycopg://postgres@127.0.0.1:{port}", control, ["-o", options, "-l", folder / "log"])
    made.start()
    try:
        yield made
    finally:
        made.stop()
        shutil.rmtree(folder, ignore_errors=True)
