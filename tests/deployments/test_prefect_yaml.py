"""prefect.yaml, read without a server: every deployment names a flow that is there, and gives it what it takes."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml
from jsonschema import validate
from prefect import Flow
from prefect.flows import load_flow_from_entrypoint
from prefect.utilities.callables import parameter_schema

from deployments.provision import POOL
from deployments.steps import PREFECT_FILE, installation, workplace
from mailings.errors import NotFound, Unreadable
from tasks.due import DEPLOYMENT

ROOT = Path(__file__).parents[2]
FILE: dict[str, Any] = yaml.safe_load((ROOT / "prefect.yaml").read_text())
DEPLOYMENTS: list[dict[str, Any]] = FILE["deployments"]


def flow_of(deployment: dict[str, Any]) -> Flow[..., Any]:
    """The flow a deployment names."""
    return load_flow_from_entrypoint(deployment["entrypoint"], use_placeholder_flow=False)


def test_the_server_can_be_imported() -> None:
    """The pinned FastAPI is one that Prefect's server works with: some newer ones break it on import."""
    assert importlib.import_module("prefect.server.api.server").create_app


@pytest.mark.parametrize("deployment", DEPLOYMENTS, ids=lambda d: str(d["name"]))
def test_file_flow_and_deployment_share_a_name(deployment: dict[str, Any]) -> None:
    """The entrypoint resolves to a flow, and one name stands for its file, the flow and the deployment."""
    flow = flow_of(deployment)
    assert flow.name == deployment["name"]
    assert deployment["entrypoint"].split(".")[1] == deployment["name"].replace("-", "_")


@pytest.mark.parametrize("deployment", DEPLOYMENTS, ids=lambda d: str(d["name"]))
def test_parameters_fit(deployment: dict[str, Any]) -> None:
    """What a deployment or one of its schedules sets, the flow takes; an unknown parameter would crash every run."""
    schema = parameter_schema(flow_of(deployment)).model_dump()
    for given in [deployment.get("parameters", {}), *(s.get("parameters", {}) for s in deployment.get("schedules", []))]:
        validate(given, schema | {"required": [], "additionalProperties": False})


@pytest.mark.parametrize("deployment", DEPLOYMENTS, ids=lambda d: str(d["name"]))
def test_defaults_fit_their_own_form(deployment: dict[str, Any]) -> None:
    """Whoever opens the form and changes nothing but what is asked for sends what it takes: no default breaks a limit of its own."""
    schema = parameter_schema(flow_of(deployment)).model_dump()
    given = {name: asked["default"] for name, asked in schema["properties"].items() if "default" in asked}
    asked_for = {name: "høst-nytt" for name in schema.get("required") or [] if schema["properties"][name].get("type") == "string"}
    validate(asked_for | given, schema)
    assert set(schema.get("required") or []) == set(asked_for)


@pytest.mark.parametrize("deployment", DEPLOYMENTS, ids=lambda d: str(d["name"]))
def test_what_every_deployment_has(deployment: dict[str, Any]) -> None:
    """A description in sentences, the tag our automations know runs by, the version that is installed, and a form that is enforced."""
    assert re.match(r"[A-Z].*\.\s*$", deployment["description"], re.DOTALL)
    assert len(deployment["description"]) > 60
    assert "mailings" in deployment["tags"]
    assert deployment["version"] == "{{ ours.version }}"
    assert deployment["enforce_parameter_schema"] is True


@pytest.mark.parametrize("deployment", [d for d in DEPLOYMENTS if "schedules" in d], ids=lambda d: str(d["name"]))
def test_nothing_piles_up_after_an_outage(deployment: dict[str, Any]) -> None:
    """Of the runs a schedule missed one goes and does the work of all; the others are cancelled as they come."""
    assert deployment["concurrency_limit"] == {"limit": 1, "collision_strategy": "CANCEL_NEW"}


def test_each_newsletter_goes() -> None:
    """Where people add schedules, two may be due in the same minute: none is cancelled for the other. A shard waits for nobody."""
    found = {deployment["name"]: deployment.get("concurrency_limit", {}) for deployment in DEPLOYMENTS}
    assert found["send-recurring"]["collision_strategy"] == found["send-mailing"]["collision_strategy"] == "ENQUEUE"
    assert found["deliver-shard"] == {}


def test_nights_follow_the_installations_zone() -> None:
    """What runs at night follows MAILINGS_TIME_ZONE, at an hour that no change of the clock leaves out or doubles; the rest needs none."""
    for deployment in DEPLOYMENTS:
        for schedule in deployment.get("schedules", []):
            nightly = schedule["cron"].split()[1] != "*"
            assert schedule["timezone"] == ("{{ ours.time_zone }}" if nightly else "UTC"), schedule
            assert not nightly or int(schedule["cron"].split()[1]) >= 4


def test_what_deploying_asks_of_the_installation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Version and zone are those of the package and of the .env in the folder deployed from; a wrong zone is a sentence."""
    monkeypatch.delenv("MAILINGS_TIME_ZONE", raising=False)
    here = Path.cwd()
    (tmp_path / ".env").write_text("MAILINGS_TIME_ZONE=Europe/Oslo\n")
    found = installation(str(tmp_path))
    assert found == {"version": version("mailings"), "time_zone": "Europe/Oslo"}
    assert ZoneInfo(found["time_zone"])
    assert Path.cwd() == here
    (tmp_path / ".env").write_text("MAILINGS_TIME_ZONE=Oslo\n")
    with pytest.raises(Unreadable, match="MAILINGS_TIME_ZONE"):
        installation(str(tmp_path))


def test_a_wheel_brings_it() -> None:
    """The file lies within the package too, so that an installation without a checkout can deploy: one file, not a copy that ages."""
    assert PREFECT_FILE.is_file()
    assert PREFECT_FILE.resolve() == (ROOT / "prefect.yaml").resolve()


@pytest.mark.parametrize("deployment", DEPLOYMENTS, ids=lambda d: str(d["name"]))
def test_forms_are_explained(deployment: dict[str, Any]) -> None:
    """Each parameter has a title and a description: together they are the form people fill in."""
    for name, asked in parameter_schema(flow_of(deployment)).properties.items():
        assert asked.get("title"), name
        assert asked.get("description"), name


def slugs() -> Iterator[str]:
    """The slug of every schedule."""
    for deployment in DEPLOYMENTS:
        yield from (f"{deployment['name']}/{schedule['slug']}" for schedule in deployment.get("schedules", []))


def test_schedules_have_names_of_their_own() -> None:
    """Every schedule has a slug, and none twice: deploying again then updates a schedule instead of adding one."""
    found = list(slugs())
    assert found == [
        "start-due-mailings/every-minute",
        "settle-deliveries/every-hour",
        "collect-statistics/every-ten-minutes",
        "collect-statistics/every-night",
        "collect-bounces/every-ten-minutes",
        "sync-suppressions/every-hour",
        "erase-expired/every-night",
    ]
    assert len(set(found)) == len(found)


def test_what_people_switched_off_stays_off() -> None:
    """No schedule says whether it is active: `prefect deploy` would then switch on what somebody switched off."""
    for deployment in DEPLOYMENTS:
        assert "paused" not in deployment
        assert not [schedule for schedule in deployment.get("schedules", []) if "active" in schedule]


def test_all_that_runs() -> None:
    """Every flow there is is deployed, once."""
    flows = {file.stem.replace("_", "-") for file in (ROOT / "flows").glob("[a-z]*.py")}
    assert sorted(flows) == sorted(deployment["name"] for deployment in DEPLOYMENTS)


def test_one_pool() -> None:
    """Every deployment runs in the pool that provisioning makes."""
    assert {deployment["work_pool"]["name"] for deployment in DEPLOYMENTS} == {POOL}


def test_what_starts_due_mailings_is_deployed() -> None:
    """The deployment that start_due_mailings asks for is in the file."""
    assert DEPLOYMENT in {f"{deployment['name']}/{deployment['name']}" for deployment in DEPLOYMENTS}


def test_workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """MAILINGS_ROOT of the worker goes before the deployer's folder, that before where we stand; a missing folder is one sentence."""
    deployed = tmp_path / "deployed"
    deployed.mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MAILINGS_ROOT", raising=False)
    assert workplace() == {"directory": str(tmp_path)}
    assert workplace(str(deployed)) == {"directory": str(deployed)}
    monkeypatch.setenv("MAILINGS_ROOT", str(tmp_path))
    assert workplace(str(deployed)) == {"directory": str(tmp_path)}
    monkeypatch.setenv("MAILINGS_ROOT", str(tmp_path / "gone"))
    with pytest.raises(NotFound, match="MAILINGS_ROOT"):
        workplace()
