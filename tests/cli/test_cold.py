"""Commands in interpreters of their own: whatever the tests begin with everything imported also begins with nothing imported."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.typed import WARM

ASKED = {
    "send": ["høst-nytt"],
    "resend": ["høst-nytt", "--only", "bounced"],
    "deliver": ["--once"],
    "settle": ["høst-nytt", "--as", "sent"],
    "bounces": ["list"],
    "test": ["høst-nytt", "--to", "åse@fjord.test"],
    "serve": ["--port", "0"],
}


@pytest.mark.parametrize("command", sorted(WARM))
def test_begins_with_nothing_imported(tmp_path: Path, command: str) -> None:
    """It comes as far as the database, which has no tables, and says so in one sentence."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("MAILINGS_", "PREFECT_"))}
    environment = kept | {"COLUMNS": "200", "MAILINGS_DATABASE_URL": f"sqlite:///{tmp_path}/empty.db"}
    words = [sys.executable, "-m", "cli.main", command, *ASKED[command]]
    found = subprocess.run(words, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120)
    assert (found.returncode, found.stdout) == (3, ""), found.stderr
    assert found.stderr.startswith("✗ The database ")
    assert found.stderr.endswith(" has no tables yet; run: mailings init\n")
