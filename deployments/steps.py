"""The steps of prefect.yaml: where an installation stands, and what of it the deployments have to know."""

from __future__ import annotations

import os
from contextlib import chdir
from importlib.metadata import version
from pathlib import Path

from mailings.errors import NotFound
from mailings.settings import settings

PREFECT_FILE = Path(__file__).with_name("prefect.yaml")  #: the deployments, as a wheel brings them too: prefect deploy --prefect-file


def workplace(directory: str = "") -> dict[str, str]:
    """The folder to work in: MAILINGS_ROOT of this machine, else `directory`, else where we stand. Prefect changes into it.

    Used twice by prefect.yaml: while deploying it remembers the deployer's folder, before a run it finds the worker's.
    Raises NotFound where there is no such folder.
    """
    found = Path(os.environ.get("MAILINGS_ROOT") or directory or Path.cwd()).absolute()
    if not found.is_dir():
        raise NotFound(f"The folder {found} is not on this machine; set MAILINGS_ROOT for the worker to the folder with its .env.")
    return {"directory": str(found)}


def installation(directory: str) -> dict[str, str]:
    """The version that is installed, and the time zone that `directory` (its .env) or the environment sets, MAILINGS_TIME_ZONE.

    Prefect fills both into the deployments: schedules of the night follow the zone. Raises Unreadable where a setting cannot be read.
    """
    settings.cache_clear()
    with chdir(directory):
        zone = settings().time_zone
    settings.cache_clear()
    return {"version": version("mailings"), "time_zone": zone}


def automations() -> dict[str, str]:
    """Put the automations on the server; what became of each, a sentence by its name. The last step of `prefect deploy --all`.

    Only now are the deployments there that they start: before the first deploying, `deployments.provision` finds none of them.
    """
    from prefect.client.orchestration import get_client  # noqa: PLC0415  a worker takes the step above, and needs no client for it

    from deployments import automating  # noqa: PLC0415  see above

    with get_client(sync_client=True) as client:
        done = automating.put(client)
    for one in done:
        print(one.sentence)  # deploying shows it
    return {one.name: one.sentence for one in done}
