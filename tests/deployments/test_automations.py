"""Automations, read without a server: Prefect takes each as it is written, and what it fills in fits what it starts."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
import yaml
from jsonschema import validate
from prefect.events.schemas.automations import EventTrigger
from prefect.flows import load_flow_from_entrypoint
from prefect.server.events.actions import RunDeployment
from prefect.server.events.schemas.automations import Automation, Firing, TriggeredAction, TriggerState
from prefect.server.events.schemas.events import ReceivedEvent
from prefect.utilities.callables import parameter_schema

from deployments.automating import automation_of, deployments_of, written

ROOT = Path(__file__).parents[2]
FILE: dict[str, Any] = yaml.safe_load((ROOT / "prefect.yaml").read_text())
ENTRYPOINTS = {f"{one['name']}/{one['name']}": one["entrypoint"] for one in FILE["deployments"]}
WRITTEN = written()
STARTING = [(one, action) for one in WRITTEN for action in one["actions"] if action["type"] == "run-deployment"]
#: what tasks/events.py tells, with everything that could break a template that is no plain text
PAYLOAD: dict[str, Any] = {
    "mailing": "2026",
    "status": "paused",
    "sentence": "2026 is paused.",
    "reason": '550 "relay" denied, {{ says }} Désirée: ij',
    "problems": [],
    "figures": {"name": "2026", "sent": 3},
}


def automation(part: str) -> dict[str, Any]:
    """The automation with that in its name."""
    (found,) = [one for one in WRITTEN if part in one["name"]]
    return found


def event(automation: dict[str, Any], payload: dict[str, Any]) -> ReceivedEvent:
    """An event that the automation waits for."""
    (name,) = automation["trigger"]["expect"]
    resource = {"prefect.resource.id": f"mailings.mailing.{payload['mailing']}"}
    return ReceivedEvent(occurred=datetime.now(UTC), event=name, resource=resource, payload=payload, id=uuid4())


def filled(automation: dict[str, Any], payload: dict[str, Any]) -> dict[str, Any]:
    """The parameters of the run that an event leads to, as the server's own code fills them in."""
    ids = dict.fromkeys(deployments_of(automation), uuid4())
    made = Automation.model_validate(
        automation_of(automation, ids).model_dump(mode="json", exclude={"owner_resource"}) | {"id": str(uuid4())}
    )
    happened = event(automation, payload)
    assert made.trigger.covers(happened)
    firing = Firing(trigger=made.trigger, trigger_states={TriggerState.Triggered}, triggered=happened.occurred, triggering_event=happened)
    facts = {"automation": made, "firing": firing, "triggered": happened.occurred, "triggering_labels": {}, "triggering_event": happened}
    (action,) = made.actions
    assert isinstance(action, RunDeployment)
    triggered = TriggeredAction(**facts, action=action)
    return asyncio.run(action.render_parameters(triggered))


@pytest.mark.parametrize("automation", WRITTEN, ids=lambda one: str(one["name"]))
def test_prefect_takes_it(automation: dict[str, Any]) -> None:
    """Each says why it is there, has a name of its own and our tag, and Prefect reads the very trigger that is written."""
    ids = {name: UUID(int=number) for number, name in enumerate(deployments_of(automation))}
    read = automation_of(automation, ids)
    assert isinstance(read.trigger, EventTrigger)
    assert read.trigger.expect == set(automation["trigger"]["expect"])
    assert len(automation["description"]) > 100
    assert read.tags == ["mailings"]
    assert [one["name"] for one in WRITTEN].count(automation["name"]) == 1


def test_what_is_started_is_deployed() -> None:
    """Every deployment an automation starts is in prefect.yaml."""
    assert {name for one in WRITTEN for name in deployments_of(one)} <= set(ENTRYPOINTS)


@pytest.mark.parametrize(("automation", "action"), STARTING, ids=[one["name"] for one, _ in STARTING])
def test_what_is_filled_in_fits(automation: dict[str, Any], action: dict[str, Any]) -> None:
    """The parameters fit the flow's form, a mailing named like a number stays a text, and no text is read as a template or as JSON."""
    flow = load_flow_from_entrypoint(ENTRYPOINTS[action["deployment"]], use_placeholder_flow=False)
    given = filled(automation, PAYLOAD)
    validate(given, parameter_schema(flow).model_dump() | {"additionalProperties": False})
    assert given["mailing"] == "2026"
    assert given.get("reason", PAYLOAD["reason"]) == PAYLOAD["reason"]


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        ({"problems": ["There is no subject.", "Nobody would get it."]}, "There is no subject. Nobody would get it."),
        ({"reason": ""}, "2026 is paused."),
        ({"reason": "", "sentence": ""}, ""),
    ],
)
def test_the_reason_of_a_failure(told: dict[str, Any], reason: str) -> None:
    """Problems first, then the reason, then the sentence; none of them is an empty text, and never the word None."""
    assert filled(automation("failed"), PAYLOAD | told)["reason"] == reason


def test_a_failed_resend_is_told_as_such() -> None:
    """What is sent and could not be sent again is told from what did not go out; an event of an earlier version says nothing of it."""
    assert [filled(automation("failed"), PAYLOAD | told)["what"] for told in ({"again": True}, {"again": False}, {})] == [
        "resend failed",
        "failed",
        "failed",
    ]


def test_a_run_is_called_silent_late_enough() -> None:
    """A run is taken for dead only after it missed at least three of the signs of life that prefect.yaml asks for."""
    env = FILE["definitions"]["pool"]["job_variables"]["env"]
    assert automation("fell silent")["trigger"]["within"] >= 3 * int(env["PREFECT_FLOWS_HEARTBEAT_FREQUENCY"])


def test_a_crashing_run_does_not_spin() -> None:
    """A run that crashed is put back only after a minute in which nothing was said of it, each run for itself: no faster than that."""
    trigger = automation("crashed")["trigger"]
    assert (trigger["posture"], trigger["threshold"], trigger["for_each"]) == ("Proactive", 1, ["prefect.resource.id"])
    assert trigger["after"] == ["prefect.flow-run.Crashed"]
    assert trigger["within"] >= 3 * 20  # a worker's second report comes some 20 s after the first


def test_what_is_silent_is_asked_for_by_its_name() -> None:
    """The state one automation sets is the event the other waits for, of the same runs."""
    silent, dead = automation("fell silent"), automation("is dead")
    assert dead["trigger"]["expect"] == [f"prefect.flow-run.{silent['actions'][0]['name']}"]
    assert dead["trigger"]["match_related"] == silent["trigger"]["match_related"]
