"""Types a command as a person would, in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path


def type_in(folder: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run `mailings WORDS` in `folder`, in the environment of somebody who has set nothing but `environment`."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("MAILINGS_", "PREFECT_"))}
    command = [sys.executable, "-m", "cli.main", *words]
    wide = {"COLUMNS": "200", "PYTHONUTF8": "1"}
    return subprocess.run(command, cwd=folder, env=plain | wide | environment, capture_output=True, text=True, timeout=180)
