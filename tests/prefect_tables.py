"""A Prefect database that has its tables: made once for each version of Prefect, copied wherever a test starts a server."""

from __future__ import annotations

import fcntl
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing
from importlib.metadata import version
from pathlib import Path

KEPT = Path(__file__).parents[1] / ".pytest_cache"
UPGRADE = [sys.executable, "-m", "prefect", "--no-prompt", "server", "database", "upgrade", "--yes"]


def with_tables(folder: Path, *homes: str) -> Path:
    """`folder`, in which the first server to start, or one in each of `homes`, finds its tables: 9 s of its 14 are migrations."""
    for home in homes or ("1",):
        (folder / home).mkdir(parents=True, exist_ok=True)
        shutil.copyfile(template(), folder / home / "prefect.db")
    return folder


def template() -> Path:
    """The file to copy. One process makes it; others that ask meanwhile wait."""
    KEPT.mkdir(exist_ok=True)
    made = KEPT / f"prefect-{version('prefect')}.db"
    with made.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            _make(made)
    return made


def _make(made: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="mailings-prefect-") as name:
        fresh = Path(name) / "prefect.db"
        theirs = {k: v for k, v in os.environ.items() if not k.startswith("PREFECT_")}
        ours = {"PREFECT_HOME": name, "PREFECT_SERVER_DATABASE_CONNECTION_URL": f"sqlite+aiosqlite:///{fresh}", "DO_NOT_TRACK": "1"}
        subprocess.run(UPGRADE, env=theirs | ours, cwd=name, check=True, capture_output=True, timeout=180)
        with closing(sqlite3.connect(fresh)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        shutil.copyfile(fresh, made.with_suffix(".part"))
        made.with_suffix(".part").replace(made)
