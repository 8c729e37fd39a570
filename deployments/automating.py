"""The automations of deployments/automations/*.yaml, put on a Prefect server by their names: twice is once, changed is updated."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import UUID

import yaml
from prefect.client.orchestration import SyncPrefectClient
from prefect.events.schemas.automations import Automation, AutomationCore
from prefect.exceptions import ObjectNotFound

from deployments.made import Made

FOLDER = Path(__file__).with_name("automations")
#: what is ours of an automation; whether it is switched on is for the people who look at it
OURS = {"description", "tags", "trigger", "actions"}
#: in a trigger and an action the server numbers what it keeps
NUMBERED = {"id"}


def written() -> list[dict[str, Any]]:
    """Every automation as its file has it, in the order of the files' names. An action may name a `deployment`: FLOW/NAME."""
    return [yaml.safe_load(file.read_text(encoding="utf-8")) for file in sorted(FOLDER.glob("*.yaml"))]


def deployments_of(automation: dict[str, Any]) -> list[str]:
    """The deployments an automation starts, as FLOW/NAME."""
    return [action["deployment"] for action in automation["actions"] if "deployment" in action]


def automation_of(written: dict[str, Any], ids: dict[str, UUID]) -> AutomationCore:
    """The automation as Prefect knows it: a deployment's name is its id there."""
    actions = [
        {"source": "selected", "deployment_id": str(ids[action["deployment"]])} | {k: v for k, v in action.items() if k != "deployment"}
        if "deployment" in action
        else action
        for action in written["actions"]
    ]
    return AutomationCore.model_validate(written | {"actions": actions})


def put(client: SyncPrefectClient) -> list[Made]:
    """Make those that are not there, bring the others up to their files, and take away doubles of ours; what became of each."""
    return [one for automation in written() for one in _put(client, automation)]


def _put(client: SyncPrefectClient, automation: dict[str, Any]) -> list[Made]:
    name = automation["name"]
    ids = {wanted: _id_of(client, wanted) for wanted in deployments_of(automation)}
    if missing := [wanted for wanted, found in ids.items() if found is None]:
        return [Made("automation", name, "waiting", f"{missing[0]} is not deployed yet")]
    ours = automation_of(automation, {wanted: found for wanted, found in ids.items() if found is not None})
    there = sorted(client.read_automations_by_name(name), key=lambda one: str(one.id))
    if not there:
        client.create_automation(ours)
        return [Made("automation", name, "made")]
    stays = _brought_up(client, there, ours)
    for double in there[1:]:
        client.delete_automation(double.id)
    return [stays, *(Made("automation", name, "removed", "it was there twice") for _ in there[1:])]


def _brought_up(client: SyncPrefectClient, there: list[Automation], ours: AutomationCore) -> Made:
    on = any(one.enabled for one in there)  # who switched one of two off is still told once
    if _said(there[0]) == _said(ours) and there[0].enabled == on:
        return Made("automation", ours.name, "kept")
    client.update_automation(there[0].id, ours.model_copy(update={"enabled": on}))
    return Made("automation", ours.name, "updated")


def _said(automation: AutomationCore) -> Any:
    return _bare(automation.model_dump(mode="json", include=OURS))


def _bare(value: Any) -> Any:
    """Without the server's numbers, and sets in one order."""
    if isinstance(value, dict):
        return {name: _bare(one) for name, one in value.items() if name not in NUMBERED}
    if isinstance(value, list):
        bare = [_bare(one) for one in value]
        return sorted(bare) if all(isinstance(one, str) for one in bare) else bare
    return value


def _id_of(client: SyncPrefectClient, name: str) -> UUID | None:
    try:
        return client.read_deployment_by_name(name).id
    except ObjectNotFound:
        return None
