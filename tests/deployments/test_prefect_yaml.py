"""prefect.yaml, read without a server: every deployment names a flow that is there, and gives it what it takes."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import validate
from prefect import Flow
from prefect.flows import load_flow_from_entrypoint
from prefect.utilities.callables import parameter_schema

from deployments.provision import POOL
from deployments.steps import workplace
from mailings.errors import NotFound
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
        "erase-expired/every-night",
        "sync-suppressions/every-hour",
        "collect-bounces/every-ten-minutes",
        "collect-statistics/every-night",
    ]
    assert len(set(found)) == len(found)


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
