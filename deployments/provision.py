"""Makes what deployments need on a Prefect server: pool, variable, automations. `deployments.deploy` does this first."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence

import httpx
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.actions import VariableCreate, WorkPoolCreate, WorkPoolUpdate
from prefect.exceptions import ObjectAlreadyExists, ObjectNotFound
from prefect.settings import get_current_settings
from prefect.workers.process import ProcessWorker
from rich.console import Console

from deployments import automating
from deployments.made import Made
from mailings.errors import MailingsError, Misconfigured, NotAllowed, Unreachable
from mailings.readable import counted
from tasks.notifying import VARIABLE

POOL = "mailings"
TYPE = "process"
NEXT = "python -m deployments.deploy"


def provision(client: SyncPrefectClient, limit: int | None = None) -> list[Made]:
    """Make what is missing and bring the automations up to their files; what became of each thing. Runs go on meanwhile.

    `limit` = runs at the same time in the pool; None leaves it as it is. What people set there stays: the pool's other settings, the
    variable's value, whether an automation is switched on. Raises NotAllowed where a pool of that name has another type.
    """
    return [_pool(client, limit), _variable(client), *automating.put(client)]


def _pool(client: SyncPrefectClient, limit: int | None) -> Made:
    try:
        pool = client.read_work_pool(POOL)
    except ObjectNotFound:
        return _made(client, limit)
    if pool.type != TYPE:
        raise NotAllowed(f"The work pool {POOL} is of type {pool.type}; delete it, or rename it, for ours must be of type {TYPE}.")
    if limit is None or pool.concurrency_limit == limit:
        return Made("work pool", POOL, "kept")
    client.update_work_pool(POOL, WorkPoolUpdate(concurrency_limit=limit))
    return Made("work pool", POOL, "updated", f"{counted(limit, 'run')} at the same time")


def _made(client: SyncPrefectClient, limit: int | None) -> Made:
    wanted = WorkPoolCreate(
        name=POOL,
        type=TYPE,
        description="Sends mailings: each run is a process of its own on the worker's machine.",
        base_job_template=ProcessWorker.get_default_base_job_template(),
        concurrency_limit=limit,
    )
    try:
        client.create_work_pool(wanted)
    except ObjectAlreadyExists:  # somebody provisions at the same time
        return Made("work pool", POOL, "kept")
    return Made("work pool", POOL, "made")


def _variable(client: SyncPrefectClient) -> Made:
    if client.read_variable_by_name(VARIABLE) is not None:
        return Made("variable", VARIABLE, "kept")
    try:
        client.create_variable(VariableCreate(name=VARIABLE, value=[], tags=["mailings"]))
    except ObjectAlreadyExists:  # somebody provisions at the same time
        return Made("variable", VARIABLE, "kept")
    return Made("variable", VARIABLE, "made", 'nobody is told of trouble yet; write ["you@your-domain"] there')


def main(arguments: Sequence[str] | None = None) -> int:
    """Provision the server that is configured, and say what was done. 0 done, 1 not allowed, 3 no server."""
    asked = _asked(arguments)
    return at_server(lambda client: provision(client, asked.limit), NEXT, as_json=asked.as_json)


def at_server(work: Callable[[SyncPrefectClient], list[Made]], following: str, *, as_json: bool) -> int:
    """Do it at the server that is configured, say what was done and what to do next; the exit code of `main`."""
    screen = Console(stderr=True, soft_wrap=True, highlight=False)
    try:
        made = _done(work)
    except MailingsError as error:
        screen.print(str(error), markup=False)
        return 1 if isinstance(error, NotAllowed) else 3
    if as_json:
        print(json.dumps({"done": [one._asdict() for one in made], "next": following}))
        return 0
    for sentence in [*(one.sentence for one in made), f"Next: {following}"]:
        screen.print(sentence, markup=False)
    return 0


def _asked(arguments: Sequence[str] | None) -> argparse.Namespace:
    words = argparse.ArgumentParser("python -m deployments.provision", description="Makes what our deployments need on a Prefect server.")
    words.add_argument("--limit", type=int, metavar="RUNS", help="runs at the same time in the pool; otherwise it stays as it is")
    words.add_argument("--json", action="store_true", dest="as_json", help="say what was done as JSON, on standard output")
    return words.parse_args(arguments)


def _done(work: Callable[[SyncPrefectClient], list[Made]]) -> list[Made]:
    url = get_current_settings().api.url
    if url is None:
        raise Misconfigured("PREFECT_API_URL is not set; it names the Prefect server to provision, e.g. http://127.0.0.1:4200/api.")
    try:
        with get_client(sync_client=True) as client:
            return work(client)
    except httpx.TransportError as error:
        raise Unreachable(
            f"Prefect's API at {url} does not answer ({type(error).__name__}); start it with: prefect server start"
        ) from error


if __name__ == "__main__":
    sys.exit(main())
