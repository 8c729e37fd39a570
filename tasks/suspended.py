"""Runs that are suspended until a mailing is approved: let go on, or ended, where the answer was given at another door."""

from __future__ import annotations

from uuid import UUID

import httpx
from prefect import task
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.filters import FlowFilter, FlowRunFilter
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.exceptions import FlowPauseTimeout, PrefectException
from prefect.flow_runs import resume_flow_run
from prefect.logging import get_run_logger
from prefect.states import Cancelled
from sqlalchemy import select

from mailings.db import database
from mailings.model import Approval, Decision, Mailing, MailingStatus
from mailings.sending import leases
from mailings.sending.approval import approving
from tasks.due import on_its_way, tag_of
from tasks.retrying import STEP

PAGE = 200  # runs: what Prefect tells at once
REFUSALS = (PrefectException, httpx.HTTPError)  # what Prefect says of a run that somebody pressed on, cancelled or deleted just now
ASKING = {"approved": "approve", "declined": "decline"}


@task(name="go on with what was approved", **STEP)
def heed_answers() -> list[str]:
    """Resume or end the runs whose mailing was answered elsewhere; the names of mailings a run goes on with.

    Each by itself: a run that is not suspended any more, or that Prefect will not change, is said in the log, and the others go on.
    """
    with database().reading() as session:
        if session.scalar(select(Approval.id).limit(1)) is None:
            return []  # nobody was ever asked: Prefect need not be
    with get_client(sync_client=True) as client:
        found = [_heeded(client, run) for run in _suspended(client)]
    return [name for name in found if name]


def _suspended(client: SyncPrefectClient) -> list[FlowRun]:
    """Those that ask for approval, the oldest first."""
    flows = FlowFilter.model_validate({"name": {"any_": ["send-mailing"]}})
    paused = FlowRunFilter.model_validate({"state": {"type": {"any_": [StateType.PAUSED]}}})
    found: list[FlowRun] = []
    while page := client.read_flow_runs(flow_filter=flows, flow_run_filter=paused, limit=PAGE, offset=len(found)):
        found += page
    return sorted((run for run in found if _question(run)), key=lambda run: str(run.created))


def _question(run: FlowRun) -> int | None:
    """The number of the approval the run waits for; None where somebody paused it for another reason."""
    key = run.state.state_details.pause_key if run.state else None
    return int(key) if key and key.isdecimal() else None


def _heeded(client: SyncPrefectClient, run: FlowRun) -> str | None:
    try:
        return _heed(client, run)
    except REFUSALS as error:
        get_run_logger().warning("%s is left as it is; the next look comes in a minute: %s", run.name, error)
        return None


def _heed(client: SyncPrefectClient, run: FlowRun) -> str | None:
    with database().reading() as session:
        question = session.get(Approval, _question(run))
        if question is None:
            _end(client, run, "The mailing is deleted.")
            return None
        mailing = session.get_one(Mailing, question.mailing_id)
        if question.decision is None:
            return None
        name, why = mailing.name, approving.said(question, mailing.name)
        if question.decision is not Decision.APPROVED or mailing.status is not MailingStatus.POPULATING:
            _end(client, run, f"{why}; it is {mailing.status}.")
            return None
        if leases.alive(session, mailing.id) or on_its_way(name):
            return None  # another run goes on with it: this one is ended when that has begun to send
        said = {"decision": ASKING[question.decision], "name": question.decided_by, "comment": question.comment or ""}
    return _go_on(client, run, name, said)


def _go_on(client: SyncPrefectClient, run: FlowRun, mailing: str, said: dict[str, str | None]) -> str | None:
    """Resume the run; the mark by which start-due-mailings knows that one is on its way comes first."""
    client.update_flow_run(run.id, tags=sorted({*run.tags, tag_of(mailing)}))
    try:
        resume_flow_run(UUID(str(run.id)), run_input=said)
    except (RuntimeError, FlowPauseTimeout) as error:  # it waited too long, or died before its form was written: another run is asked for
        get_run_logger().warning("%s cannot go on: %s", run.name, error)
        _end(client, run, "It was approved, and another run sends it.")
        return None
    return mailing


def _end(client: SyncPrefectClient, run: FlowRun, why: str) -> None:
    """Nothing is left for it to do."""
    client.set_flow_run_state(run.id, Cancelled(message=why))
