"""Runs of send-recurring as a schedule makes them, for moments that Prefect reckons of a real schedule."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.actions import DeploymentScheduleCreate
from prefect.client.schemas.objects import FlowRun
from prefect.flow_engine import run_flow
from prefect.server.schemas import schedules as reckoning
from prefect.states import Scheduled

from flows.send_recurring import send_recurring
from mailings.audience.recurring import Occasion, Recurred
from mailings.clock import standing_at
from tasks import forms
from tasks.recurring import occasion_of


@dataclass
class Deployed:
    """A deployment of send-recurring that no worker looks at."""

    client: SyncPrefectClient
    id: UUID
    mailing: str

    def runs(self, begin: datetime, end: datetime, **occasion: Any) -> list[FlowRun]:
        """A run for each date of its first schedule between two moments, the oldest first."""
        schedule = self.client.read_deployment_schedules(self.id)[0]
        kind = getattr(reckoning, type(schedule.schedule).__name__)
        dates = asyncio.run(kind(**schedule.schedule.model_dump()).get_dates(n=100, start=begin, end=end))
        return [self.run(date, by=schedule.id, occasion=occasion) for date in dates]

    def run(self, moment: datetime, by: UUID | None = None, **parameters: Any) -> FlowRun:
        """A run for a moment, as the schedule `by` makes it, or as somebody asks for it."""
        asked = {"mailing": self.mailing} | parameters
        made = self.client.create_flow_run_from_deployment(self.id, parameters=asked, state=Scheduled(scheduled_time=moment))
        assert made.expected_start_time == moment
        maker = {"id": by, "type": "SCHEDULE"} if by else None
        return FlowRun.model_validate(made.model_dump() | {"created_by": maker})


@contextmanager
def deployed(*schedules: Any, mailing: str) -> Iterator[Deployed]:
    """The deployment with these schedules, each of which names the mailing."""
    made = [DeploymentScheduleCreate(schedule=one, active=False, parameters={"mailing": mailing}) for one in schedules]
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
        return occasion_of(one.client, run, one.mailing, forms.Occasion(**asked))
