"""Provisioning on a real server: each thing once, brought up to its file, what people set kept; and what automations then do."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from prefect.client.orchestration import get_client
from prefect.settings import PREFECT_API_URL, temporary_settings

from deployments.automating import written
from deployments.provision import POOL, main, provision
from tasks.notifying import VARIABLE
from tests.deployments.server import Server, until

pytestmark = [pytest.mark.slow, pytest.mark.prefect, pytest.mark.xdist_group("server")]

NAMES = sorted(one["name"] for one in written())


def provisioned(server: Server, limit: int | None = None) -> dict[str, str]:
    """What became of each thing, by its name."""
    with temporary_settings({PREFECT_API_URL: server.env["PREFECT_API_URL"]}), get_client(sync_client=True) as client:
        return {one.name: one.did for one in provision(client, limit)}


def ours(server: Server) -> dict[str, dict[str, Any]]:
    """The automations on the server, by name; none is there twice."""
    found = server.found("automations")
    assert sorted(one["name"] for one in found) == NAMES
    return {one["name"]: one for one in found}


def named(part: str) -> str:
    """The automation with that in its name."""
    (name,) = [name for name in NAMES if part in name]
    return name


def happens(server: Server, what: str, **payload: Any) -> None:
    """An event of a mailing, as a run tells it."""
    resource = {"prefect.resource.id": f"mailings.mailing.{payload['mailing']}"}
    whole = {"status": "", "sentence": "", "reason": "", "problems": [], "figures": {}} | payload
    told = {"occurred": datetime.now(UTC).isoformat(), "event": f"mailings.mailing.{what}", "id": str(uuid4())}
    server.api.post("/events", json=[told | {"resource": resource, "related": [], "payload": whole}]).raise_for_status()


def runs(server: Server, flow: str, mailing: str) -> list[dict[str, Any]]:
    """The parameters of the runs of a flow for a mailing."""
    found = server.found("flow_runs", flows={"name": {"any_": [flow]}}, sort="EXPECTED_START_TIME_ASC")  # planned ones last: 200 are told
    return [run["parameters"] for run in found if run["parameters"].get("mailing") == mailing]


def test_twice_is_once(server: Server) -> None:
    """Deploying made the automations; provisioning again finds each thing there, once."""
    ours(server)
    assert provisioned(server) == dict.fromkeys([POOL, VARIABLE, *NAMES], "kept")
    ours(server)


@pytest.mark.parametrize(
    ("what", "payload", "flow", "parameters"),
    [
        ("paused", {"reason": "Ingen svarer «nå»."}, "notify-staff", {"what": "paused", "reason": "Ingen svarer «nå»."}),
        ("failed", {"problems": ["There is no subject."]}, "notify-staff", {"what": "failed", "reason": "There is no subject."}),
        ("finished", {}, "collect-statistics", {}),
    ],
)
def test_what_an_event_sets_going(server: Server, what: str, payload: dict[str, Any], flow: str, parameters: dict[str, Any]) -> None:
    """An event of a mailing leads to a run of the right deployment with the right parameters, and to one only.

    Before anything changes an automation: an event that comes while the server reads it anew is nobody's.
    """
    mailing = f"høst-{what}"
    happens(server, what, mailing=mailing, **payload)
    until(lambda: runs(server, flow, mailing), what=f"a run of {flow}")
    assert runs(server, flow, mailing) == [{"mailing": mailing, **parameters}]


def test_changed_is_updated(server: Server) -> None:
    """An automation that is not what its file says is brought up to it; whether it is switched on stays what people set. Doubles go:
    what was on in one of them is on."""
    name = named("paused")
    there = ours(server)[name]
    body = {key: there[key] for key in ("name", "tags", "trigger", "actions")} | {"description": "An older one.", "enabled": False}
    server.api.put(f"/automations/{there['id']}", json=body).raise_for_status()
    server.api.post("/automations/", json=body | {"name": named("finished")}).raise_for_status()
    try:
        done = provisioned(server)
        assert done[name] == "updated"
        assert ours(server)[named("finished")]["enabled"]
        after = ours(server)[name]
        assert (after["id"], after["enabled"]) == (there["id"], False)
        assert after["description"] == there["description"]
    finally:
        server.api.patch(f"/automations/{there['id']}", json={"enabled": True}).raise_for_status()
    provisioned(server)
    assert set(provisioned(server).values()) == {"kept"}


def test_what_people_set_is_kept(server: Server) -> None:
    """Whom the variable names, and how many runs the pool takes, stay as they were set; a limit that is asked for sets the latter."""
    number = server.api.get(f"/variables/name/{VARIABLE}").raise_for_status().json()["id"]
    server.api.patch(f"/variables/{number}", json={"value": ["åse@fjord.test"]}).raise_for_status()
    try:
        assert provisioned(server, 7)[POOL] == "updated"
        assert provisioned(server)[POOL] == "kept"
        assert server.api.get(f"/work_pools/{POOL}").json()["concurrency_limit"] == 7
        assert server.api.get(f"/variables/name/{VARIABLE}").json()["value"] == ["åse@fjord.test"]
    finally:
        server.api.patch(f"/variables/{number}", json={"value": []}).raise_for_status()
        server.api.patch(f"/work_pools/{POOL}", json={"concurrency_limit": None}).raise_for_status()


@pytest.mark.parametrize(("url", "sentence"), [(None, "PREFECT_API_URL is not set"), ("http://127.0.0.1:9/api", "does not answer")])
def test_without_a_server(url: str | None, sentence: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Where no server is named, or none answers, provisioning says so in one sentence, with what to do, and ends with 3."""
    with temporary_settings({PREFECT_API_URL: url}):
        assert main([]) == 3
    assert sentence in capsys.readouterr().err


def test_as_json(server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    """--json tells what became of each thing on standard output, and nothing else."""
    with temporary_settings({PREFECT_API_URL: server.env["PREFECT_API_URL"]}):
        assert main(["--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert {one["name"] for one in told["done"]} == {POOL, VARIABLE, *NAMES}
    assert {one["kind"] for one in told["done"]} == {"work pool", "variable", "automation"}
