"""Makes what the deployments need on a Prefect server: the work pool. Safe to repeat: `python -m deployments.provision`."""

from __future__ import annotations

import sys

import httpx
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.exceptions import ObjectAlreadyExists, ObjectNotFound
from prefect.settings import get_current_settings
from prefect.workers.process import ProcessWorker
from rich.console import Console

from mailings.errors import MailingsError, Misconfigured, NotAllowed, Unreachable

POOL = "mailings"
TYPE = "process"


def provision(client: SyncPrefectClient) -> bool:
    """Make the work pool; True when it was not there. A pool that is there keeps what people set on it.

    Raises NotAllowed where a pool of that name has another type.
    """
    try:
        pool = client.read_work_pool(POOL)
    except ObjectNotFound:
        return _made(client)
    if pool.type != TYPE:
        raise NotAllowed(f"The work pool {POOL} is of type {pool.type}; delete it, or rename it, for ours must be of type {TYPE}.")
    return False


def _made(client: SyncPrefectClient) -> bool:
    wanted = WorkPoolCreate(
        name=POOL,
        type=TYPE,
        description="Sends mailings: each run is a process of its own on the worker's machine.",
        base_job_template=ProcessWorker.get_default_base_job_template(),
    )
    try:
        client.create_work_pool(wanted)
    except ObjectAlreadyExists:  # somebody provisions at the same time
        return False
    return True


def main() -> int:
    """Provision the server that is configured, and say what was done. 0 done, 1 not allowed, 3 no server."""
    screen = Console(stderr=True, soft_wrap=True)
    try:
        screen.print(f"Work pool {POOL}: {'made' if _provisioned() else 'there already'}. Next: prefect --no-prompt deploy --all")
    except MailingsError as error:
        screen.print(str(error), markup=False)
        return 1 if isinstance(error, NotAllowed) else 3
    return 0


def _provisioned() -> bool:
    url = get_current_settings().api.url
    if url is None:
        raise Misconfigured("PREFECT_API_URL is not set; it names the Prefect server to provision, e.g. http://127.0.0.1:4200/api.")
    try:
        with get_client(sync_client=True) as client:
            return provision(client)
    except httpx.TransportError as error:
        raise Unreachable(
            f"Prefect's API at {url} does not answer ({type(error).__name__}); start it with: prefect server start"
        ) from error


if __name__ == "__main__":
    sys.exit(main())
