"""Runs nobody hears of, on a real server: which are taken for dead, which are begun again, and which are left alone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from tests.deployments.server import Server, until
from tests.deployments.test_provisioning import provisioned

pytestmark = [pytest.mark.slow, pytest.mark.prefect, pytest.mark.xdist_group("server")]

WITHIN = 15  # seconds; the least Prefect takes is 10, the files have minutes. A test must have acted by then, however busy the machine
WAITS = {"pause_timeout": (datetime.now(UTC) + timedelta(days=30)).isoformat(), "pause_reschedule": True}


@pytest.fixture
def hasty(server: Server) -> Iterator[Server]:
    """The server, whose automations wait for seconds instead of minutes."""
    for one in server.found("automations"):
        if one["trigger"]["posture"] == "Proactive":
            body = {key: one[key] for key in ("name", "description", "enabled", "tags", "actions")}
            quick = body | {"trigger": one["trigger"] | {"within": WITHIN}}
            server.api.put(f"/automations/{one['id']}", json=quick).raise_for_status()
    yield server
    provisioned(server)


@pytest.fixture
def deployment(server: Server) -> Iterator[str]:
    """A deployment as far as automations can tell; it has no work pool, so no worker takes its runs."""
    flow = server.post("/flows/", name="uten-arbeider").raise_for_status().json()["id"]
    made = server.post("/deployments/", name="send-mailing", flow_id=flow, tags=["mailings"]).raise_for_status()
    yield str(made.json()["id"])
    server.api.delete(f"/deployments/{made.json()['id']}").raise_for_status()


def running(server: Server, deployment: str) -> str:
    """A run that is running."""
    run = str(server.post(f"/deployments/{deployment}/create_flow_run").raise_for_status().json()["id"])
    for state in ("PENDING", "RUNNING"):
        becomes(server, run, state)
    return run


def becomes(server: Server, run: str, state: str, name: str = "", **details: object) -> None:
    """Its next state, as whoever may say so says it."""
    wanted = {"type": state, "name": name or state.capitalize(), "state_details": details}
    server.post(f"/flow_runs/{run}/set_state", state=wanted, force=True).raise_for_status()


def beats(server: Server, run: str, occurred: datetime | None = None) -> None:
    """A run's sign of life, as Prefect's engine sends it."""
    told = {"occurred": (occurred or datetime.now(UTC)).isoformat(), "event": "prefect.flow-run.heartbeat", "id": str(uuid4())}
    resource = {"prefect.resource.id": f"prefect.flow-run.{run}"}
    related = [{"prefect.resource.id": "prefect.tag.mailings", "prefect.resource.role": "tag"}]
    server.api.post("/events", json=[told | {"resource": resource, "related": related, "payload": {}}]).raise_for_status()


def moments(server: Server, run: str, name: str) -> list[datetime]:
    """When the run was put into a state of that name."""
    found = server.api.get("/flow_run_states/", params={"flow_run_id": run}).raise_for_status().json()
    return sorted(datetime.fromisoformat(state["timestamp"]) for state in found if state["name"] == name)


def test_only_what_was_running_is_taken_for_dead(hasty: Server, deployment: str) -> None:
    """A suspended or paused run is left alone, also where its last sign of life is told after it was suspended; a dead one is Crashed."""
    before, after, late, paused = (running(hasty, deployment) for _ in range(4))
    moment = datetime.now(UTC)
    beats(hasty, before)
    for run in (before, after, late):
        becomes(hasty, run, "PAUSED", "Suspended", **WAITS)
    becomes(hasty, paused, "PAUSED")
    beats(hasty, after)
    beats(hasty, late, moment)
    beats(hasty, paused)
    dead = running(hasty, deployment)
    beats(hasty, dead)
    until(lambda: "CRASHED" in hasty.states(dead), what="a crash that is seen")
    through = hasty.states(dead)
    assert through[: through.index("CRASHED") + 1][-3:] == ["RUNNING", "PAUSED", "CRASHED"]  # what crashed is soon put back
    assert {hasty.run(run)["state_name"] for run in (before, after, late)} == {"Suspended"}
    assert hasty.run(paused)["state_name"] == "Paused"


def test_what_stays_crashed_is_begun_again(hasty: Server, deployment: str) -> None:
    """A run that stays Crashed is put back, counted from the last report of it, each time anew; one that is Cancelled meanwhile is not."""
    twice, cancelled = running(hasty, deployment), running(hasty, deployment)
    for run in (cancelled, twice):
        becomes(hasty, run, "CRASHED")
    becomes(hasty, cancelled, "CANCELLED")
    until(lambda: datetime.now(UTC) > moments(hasty, twice, "Crashed")[0] + timedelta(seconds=WITHIN / 5))
    becomes(hasty, twice, "CRASHED")  # as a worker does that looks after its processes
    until(lambda: moments(hasty, twice, "AwaitingRetry"), what="the run to be put back")
    becomes(hasty, twice, "RUNNING")
    becomes(hasty, twice, "CRASHED")
    until(lambda: len(moments(hasty, twice, "AwaitingRetry")) == 2, what="the run to be put back once more")
    _, *reports = moments(hasty, twice, "Crashed")
    waited = [put_back - said for put_back, said in zip(moments(hasty, twice, "AwaitingRetry"), reports, strict=True)]
    assert min(waited) >= timedelta(seconds=WITHIN)
    assert hasty.run(cancelled)["state_type"] == "CANCELLED"
    assert moments(hasty, cancelled, "AwaitingRetry") == []
