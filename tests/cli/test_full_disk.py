"""A full disk is one sentence for the person, whatever was being written."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from mailings.db import Database
from tests.sending import world
from tests.sending.test_patience_worlds import fill, small_disk

__all__ = ["small_disk"]


@pytest.mark.slow
@pytest.mark.parametrize("words", [("send", "høst-nytt"), ("init",)])
def test_it_says_so(db: Database, small_disk: Path, words: tuple[str, ...]) -> None:
    """Where the engine's folder or the database has no room: exit 3, no traceback, and what is the matter."""
    world.mailing(db, recipients=3)
    fill(small_disk)
    url = db.url.render_as_string() if words[0] == "send" else f"sqlite:///{small_disk}/mailings.db"
    environment = os.environ | {"MAILINGS_DATABASE_URL": url, "PREFECT_HOME": str(small_disk / "prefect")}
    command = [sys.executable, "-m", "cli.main", *words]
    found = subprocess.run(command, cwd=small_disk, env=environment, capture_output=True, text=True, timeout=180, check=False)
    assert (found.returncode, "Traceback" in found.stderr) == (3, False), found.stderr
    assert "disk is full" in found.stderr or "disk I/O error" in found.stderr
    assert found.stderr.count("\n") == 1
