"""The one step before a deployed flow: stand in the installation's folder, where its `.env` and its `var/` are."""

from __future__ import annotations

import os
from pathlib import Path

from mailings.errors import NotFound


def workplace(directory: str = "") -> dict[str, str]:
    """The folder to work in: MAILINGS_ROOT of this machine, else `directory`, else where we stand. Prefect changes into it.

    Used twice by prefect.yaml: while deploying it remembers the deployer's folder, before a run it finds the worker's.
    Raises NotFound where there is no such folder.
    """
    found = Path(os.environ.get("MAILINGS_ROOT") or directory or Path.cwd()).absolute()
    if not found.is_dir():
        raise NotFound(f"The folder {found} is not on this machine; set MAILINGS_ROOT for the worker to the folder with its .env.")
    return {"directory": str(found)}
