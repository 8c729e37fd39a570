"""What `mailings doctor` says of Prefect: does its server answer, is it ours, who works for it, and when it looks for due mailings next."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from importlib.metadata import version

from cli.engine import configured_api
from cli.found import Found
from cli.prefect_api import ask
from cli.up.deploying import missing, prefect_file
from cli.up.parts import POOL
from cli.up.place import api_here
from mailings.clock import now
from mailings.errors import MailingsError, NotFound
from mailings.readable import counted

DUE = "start-due-mailings"
LATE_S = 180.0  # seconds after which a run that should have begun every minute did not


def prefect_findings() -> Iterator[Found]:
    """The server, its version, the work pool and its workers, the deployments, the schedule everything scheduled hangs on."""
    api = configured_api()
    if api is None:
        yield Found("prefect", True, "no server is named: each run starts an engine of its own. mailings up keeps one, with schedules")
        return
    try:
        yield _server(api)
    except MailingsError as error:
        yield Found("prefect", False, f"{error} Start it with: mailings up, or unset PREFECT_API_URL")
        return
    for look in (_workers, _deployments, _schedule):
        yield _looked(look, api)


def _looked(look: Callable[[str], Found], api: str) -> Found:
    try:
        return look(api)
    except MailingsError as error:
        return Found("prefect", False, str(error))


def _server(api: str) -> Found:
    theirs, ours = str(ask(api, "admin/version")), version("prefect")
    if theirs != ours:
        return Found("prefect", None, f"{api} answers, with Prefect {theirs}; here is {ours}: install the same on both")
    return Found("prefect", True, f"{api} answers, Prefect {ours}{', kept by mailings up' if api == api_here() else ''}")


def _workers(api: str) -> Found:
    how = f"start one: prefect worker start --pool {POOL}"
    try:
        pool = ask(api, f"work_pools/{POOL}")
    except NotFound:
        return Found("work pool", None, f"there is no work pool {POOL}; make it: python -m deployments.deploy")
    online = [one["name"] for one in ask(api, f"work_pools/{POOL}/workers/filter", {}) if one["status"] == "ONLINE"]
    if pool["is_paused"]:
        return Found("work pool", None, f"{POOL} is paused, nothing is started; let it go on: prefect work-pool resume {POOL}")
    if not online:
        return Found("work pool", None, f"no worker looks at {POOL}, runs wait; {how}")
    return Found("work pool", True, f"{POOL}: {counted(len(online), 'worker')} at it, {', '.join(sorted(online))}")


def _deployments(api: str) -> Found:
    if lacking := missing(api, prefect_file()):
        return Found("deployments", None, f"{', '.join(sorted(lacking))} not there; make them: python -m deployments.deploy")
    return Found("deployments", True, "all are there")


def _schedule(api: str) -> Found:
    """When mailings whose time has come are looked for next; the server's own clock of it stands in its scheduled runs."""
    asked = {"deployments": {"name": {"any_": [DUE]}}, "flow_runs": {"state": {"type": {"any_": ["SCHEDULED"]}}}}
    runs = ask(api, "flow_runs/filter", asked | {"sort": "NEXT_SCHEDULED_START_TIME_ASC", "limit": 1})
    if not runs:
        return Found("schedule", None, f"no run of {DUE} is planned: nothing starts by itself; see whether its schedule is switched on")
    next_one = datetime.fromisoformat(runs[0]["next_scheduled_start_time"])
    if (now() - next_one).total_seconds() > LATE_S:
        return Found("schedule", None, f"{DUE} waits since {next_one.astimezone():%H:%M}: no worker takes it")
    return Found("schedule", True, f"due mailings are looked for next at {next_one.astimezone():%H:%M:%S}")
