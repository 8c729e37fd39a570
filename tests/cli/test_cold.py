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
    "compare": [],
    "report": ["høst-nytt"],
    "letters": ["brev"],
}


def test_all_are_asked() -> None:
    """Whatever other tests begin warm is begun cold here."""
    assert WARM - {"doctor"} == set(ASKED)


@pytest.mark.slow
@pytest.mark.parametrize("command", sorted(ASKED))
def test_begins_with_nothing_imported(tmp_path: Path, command: str) -> None:
    """It comes as far as the database, which has no tables, and says so in one sentence."""
    found = begun(tmp_path, command, *ASKED[command])
    assert (found.returncode, found.stdout) == (3, ""), found.stderr
    assert found.stderr.startswith("✗ The database ")
    assert found.stderr.endswith(" has no tables yet; run: mailings init\n")


@pytest.mark.slow
def test_doctor_begins_with_nothing_imported(tmp_path: Path) -> None:
    """Doctor goes on where there is no database: it says so among everything else it finds."""
    found = begun(tmp_path, "doctor")
    assert found.returncode == 3, found.stderr
    assert "has no tables yet; run: mailings init" in found.stdout


def begun(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """The command in an interpreter of its own, with a database that was never made."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("MAILINGS_", "PREFECT_"))}
    environment = kept | {"COLUMNS": "200", "MAILINGS_DATABASE_URL": f"sqlite:///{folder}/empty.db"}
    command = [sys.executable, "-m", "cli.main", *words]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120)
