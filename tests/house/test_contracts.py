"""The import contracts of pyproject.toml hold."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.tree import ROOT


def test_rooms_import_only_what_stands_below_them() -> None:
    """Doors stand on the domain, the domain knows neither Prefect nor the web, and its rooms keep their order."""
    told = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"], cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    assert told.returncode == 0, told.stdout
    assert "0 broken" in told.stdout


@pytest.mark.slow
def test_prefect_serves_with_the_pinned_packages() -> None:
    """Prefect's server can be imported: a newer FastAPI breaks exactly this (docs/decisions/0001)."""
    told = subprocess.run([sys.executable, "-c", "import prefect.server.api.server"], capture_output=True, text=True, timeout=120)
    assert told.returncode == 0, told.stderr
