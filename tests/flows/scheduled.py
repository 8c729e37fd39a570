"""Runs of send-recurring as the server makes them of a schedule, for moments of its own reckoning."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.actions import DeploymentScheduleCreate
from prefect.client.schemas.filters import FlowRunFilter
from prefect.client.schemas.objects import FlowRun
from prefect.flow_engine import run_flow
from prefect.states import Scheduled

from flows.send_recurring import send_recurring
from mailings.audience.recurring import Occasion, Recurred
from mailings.clock import standing_at
from tasks import parameters
from tasks.recurring import occasion_of


@dataclass
class Deployed:
    """A deployment of send-recurring that no worker looks at."""

    client: SyncPrefectClient
    id: UUID
    mailing: str

    def runs(self, begin: datetime, end: datetime) -> list[FlowRun]:
        """The runs that the server makes of its schedules between two moments, the oldest first."""
        asked = {"start_time": begin.isoformat(), "end_time": end.isoformat(), "min_runs": 100, "max_runs": 100}
        self.client._client.post(f"/deployments/{self.id}/schedule", json=asked).raise_for_status()
        mine = {"deployment_id": {"any_": [str(self.id)]}, "expected_start_time": {"after_": begin, "before_": end}}
        found = self.client.read_flow_runs(flow_run_filter=FlowRunFilter.model_validate(mine))
        return sorted(found, key=lambda run: run.expected_start_time or begin)

    def run(self, moment: datetime, **parameters: Any) -> FlowRun:
        """A run that somebody asks for, for a moment."""
        asked = {"mailing": self.mailing} | parameters
        made = self.client.create_flow_run_from_deployment(self.id, parameters=asked, state=Scheduled(scheduled_time=moment))
        assert made.expected_start_time == moment
        return made


@contextmanager
def deployed(*schedules: Any, mailing: str, **parameters: Any) -> Iterator[Deployed]:
    """The deployment with these schedules, each of which names the mailing, and what else is filled in."""
    asked = {"mailing": mailing} | parameters
    made = [DeploymentScheduleCreate(schedule=one, active=True, parameters=asked) for one in schedules]
    with get_client(sync_client=True) as client:
        flow = client.create_flow_from_name("send-recurring")
        number = client.create_deployment(flow, f"send-recurring-{uuid4()}", schedules=made)
        yield Deployed(client, number, mailing)
        client.delete_deployment(number)


def carried_out(run: FlowRun, at: datetime | None = None) -> Recurred:
    """The run, as a worker that takes it at `at` carries it out; at its own moment unless told."""
    with get_client(sync_client=True) as client:
        run = client.read_flow_run(run.id)
    with standing_at(at or run.expected_start_time or datetime.now(UTC)):
        return run_flow(send_recurring, flow_run=run, parameters=send_recurring.validate_parameters(run.parameters))  # type: ignore[return-value]


def occasion(one: Deployed, run: FlowRun, at: datetime | None = None, **asked: Any) -> Occasion:
    """The occasion that a run finds which begins at `at`, its own moment unless told."""
    with standing_at(at or run.expected_start_time or datetime.now(UTC)):
        return occasion_of(one.client, run, one.mailing, parameters.Occasion(**asked))
