"""What the server knows of our worker: whether it is heard of, and which runs it left in the middle when it ended."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from typing import Any

from cli.prefect_api import ask
from cli.up.parts import POOL
from mailings.clock import now
from mailings.errors import MailingsError

CUT_OFF = ["PENDING", "RUNNING"]
MOST = 200  # one answer of the server


def works(api: str, ours: str, since: datetime) -> bool:
    """Whether the server has heard of our worker since that moment; False, too, while it does not answer."""
    with suppress(MailingsError):
        heard = [one["last_heartbeat_time"] for one in ask(api, f"work_pools/{POOL}/workers/filter", {}) if one["name"] == ours]
        return any(datetime.fromisoformat(moment) > since for moment in heard if moment)
    return False


def taken_up_again(api: str, ours: str) -> list[str]:
    """Let our worker, which does not run now, take them up again when it starts, the same runs; their names.

    Every run is safe to start again. `ours` = our worker's name. While another worker is at the pool nothing is done, for they may be
    its: a run that is silent for two minutes is started again by an automation. Raises NotFound where there is no pool yet.
    """
    workers = ask(api, f"work_pools/{POOL}/workers/filter", {})
    if any(one["status"] == "ONLINE" and one["name"] != ours for one in workers):
        return []
    asked: dict[str, Any] = {"work_pools": {"name": {"any_": [POOL]}}, "flow_runs": {"state": {"type": {"any_": CUT_OFF}}}}
    found = ask(api, "flow_runs/filter", asked | {"limit": MOST})
    state = {"type": "SCHEDULED", "name": "AwaitingRetry", "message": "It was cut off when mailings up ended; it goes on with the next."}
    for run in found:
        details = {"scheduled_time": now().isoformat()}
        ask(api, f"flow_runs/{run['id']}/set_state", {"state": state | {"state_details": details}, "force": True})
    return sorted(str(run["name"]) for run in found)
