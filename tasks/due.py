"""Finding mailings that are due, and asking Prefect for a run of each."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import cast
from uuid import UUID

from prefect import task
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import DeploymentFilter, FlowFilter, FlowRunFilter
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.deployments import run_deployment
from prefect.exceptions import ObjectNotFound

from mailings.clock import now
from mailings.db import database
from mailings.errors import NotFound
from mailings.sending.due import Due, due
from tasks.retrying import STEP

DEPLOYMENT = "send-mailing/send-mailing"
BEGINNING = timedelta(minutes=5)  # from a worker taking a run to the run holding its lease: 6-14 s; older ones without a lease are dead


@task(name="find due mailings", **STEP)
def find_due() -> list[Due]:
    """The mailings to pick up now."""
    with database().reading() as session:
        return due(session)


@task(name="start mailing", task_run_name="start {mailing.name}", **STEP)
def start_mailing(mailing: Due) -> UUID | None:
    """Ask for a run of the mailing; its id, or None where one is on its way already. Raises NotFound without a deployment."""
    if on_its_way(mailing.name):
        return None
    try:
        run = run_deployment(
            DEPLOYMENT,
            parameters={"mailing": mailing.name},
            idempotency_key=_key(mailing, now()),
            tags=[tag_of(mailing.name)],
            timeout=0,
            as_subflow=False,  # its own run: it outlives this one, and cancelling this one leaves it alone
        )
    except ObjectNotFound as error:
        raise NotFound(f"There is no deployment {DEPLOYMENT}; make it with: python -m deployments.deploy") from error
    return cast(FlowRun, run).id  # its overload for asynchronous callers says it might be a coroutine


def _key(mailing: Due, moment: datetime) -> str:
    """Two starters in the same minute ask for the same run; a run that died is followed by another the minute after."""
    return f"{mailing.name}-{mailing.mailing_id}-{moment:%Y%m%dT%H%M}"


def tag_of(mailing: str) -> str:
    """By which a run that was asked for, or resumed, is found again."""
    return f"mailing:{mailing}"


def on_its_way(mailing: str) -> bool:
    """Whether a run for it waits for a worker, or began so lately that it may not hold its lease yet."""
    states = [StateType.SCHEDULED, StateType.PENDING, StateType.RUNNING]
    with get_client(sync_client=True) as client:
        runs = client.read_flow_runs(
            flow_filter=FlowFilter.model_validate({"name": {"any_": ["send-mailing"]}}),
            deployment_filter=DeploymentFilter.model_validate({"name": {"any_": ["send-mailing"]}}),
            flow_run_filter=FlowRunFilter.model_validate(
                {"state": {"type": {"any_": states}}, "expected_start_time": {"before_": now() + BEGINNING}}
            ),
        )
    return any(_is_for(run, mailing) and _is_alive(run) for run in runs)


def _is_for(run: FlowRun, mailing: str) -> bool:
    """By the mark of runs that were asked for here, or by what somebody filled in who pressed run themselves."""
    return tag_of(mailing) in run.tags or str(run.parameters.get("mailing")).strip() == mailing


def _is_alive(run: FlowRun) -> bool:
    """One that is planned for later, a copy somebody made, holds nobody up."""
    if run.state is None:
        return False
    if run.state.is_scheduled():
        planned = run.state.state_details.scheduled_time
        return planned is None or planned <= now() + BEGINNING
    return run.state.timestamp > now() - BEGINNING
