"""The steps of a recurring mailing: which day a run is for, and the copy of the template for that day."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import httpx
from prefect import task
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.filters import FlowRunFilter
from prefect.client.schemas.objects import DeploymentSchedule, FlowRun
from prefect.exceptions import PrefectHTTPStatusError
from prefect.logging import get_run_logger
from prefect.runtime import flow_run

from mailings.audience import recurring
from mailings.audience.recurring import Recurred
from mailings.clock import now
from mailings.db import database
from mailings.errors import NotAllowed, NotFound, Unreachable, Unreadable
from mailings.sending.due import Due
from mailings.sending.finding import mailing_named
from mailings.settings import settings
from tasks import deeds
from tasks.due import start_mailing
from tasks.naming import of_task
from tasks.parameters import Occasion
from tasks.retrying import STEP

ENDED = {"CANCELLED", "CANCELLING"}  # a run that somebody stopped sends no later day


@task(name="find occasion", task_run_name=of_task("find the day of {mailing}"), **STEP)
def find_occasion(mailing: str, asked: Occasion) -> recurring.Occasion:
    """The day this run is for: the given one, else that of the moment it was scheduled for, in its schedule's zone.

    A run that is retried keeps that moment. Raises Unreadable for a day or zone that is none, NotAllowed for a day that has not come.
    """
    try:
        with get_client(sync_client=True) as client:
            return occasion_of(client, client.read_flow_run(flow_run.id), mailing, asked)
    except (httpx.HTTPError, PrefectHTTPStatusError) as error:
        raise Unreachable(f"Prefect's API does not say what {mailing} was scheduled for ({type(error).__name__}).") from error


@task(name="copy for the day", task_run_name=of_task("copy {mailing} for its day"), **STEP)
def copy_for(mailing: str, occasion: recurring.Occasion) -> Recurred:
    """The template's copy for the day, made and scheduled in one transaction if there is none yet."""
    with database().writing() as session:
        made = recurring.recur(session, mailing_named(session, mailing, locked=True), occasion)
        if made.new:
            deeds.record(session, "copy", f"mailing {mailing}", new_name=made.mailing)
    get_run_logger().info(made.sentence)
    return made


@task(name="let a run ask", task_run_name=of_task("let a run ask about {mailing}"), **STEP)
def let_a_run_ask(mailing: str) -> bool:
    """Where the copy awaits approval, a run of send-mailing of its own is asked for: it is suspended and shows the form; ours cannot be.

    False where nobody is asked, or there is no such deployment; then the desk and the command line still ask.
    """
    with database().reading() as session:
        found = mailing_named(session, mailing)
        waiting = Due(found.id, found.name, found.held_reason or "") if found.awaits_approval else None
    try:
        return waiting is not None and start_mailing.fn(waiting) is not None
    except NotFound:
        return False


def occasion_of(client: SyncPrefectClient, run: FlowRun, mailing: str, asked: Occasion) -> recurring.Occasion:
    """The day a run is for; see find_occasion."""
    schedules = client.read_deployment_schedules(run.deployment_id) if run.deployment_id else []
    zone = _zone(asked.zone or _zone_of(run, schedules, mailing) or settings().time_zone)
    moment = run.expected_start_time or now()
    may_be_late = timedelta(hours=asked.hours_late)
    if asked.date:
        return recurring.Occasion(_given(asked.date, zone), now(), may_be_late, chosen=True)
    day = moment.astimezone(zone).date()
    return recurring.Occasion(day, moment, may_be_late, overtaken=_overtaken(_due_after(client, run, moment), mailing, (zone, day)))


def _zone_of(run: FlowRun, schedules: Iterable[DeploymentSchedule], mailing: str) -> str | None:
    """The zone of the schedule that made the run; of one started by hand, the zone that all schedules of the same mailing share."""
    if run.created_by and run.created_by.type == "SCHEDULE":
        mine = [one for one in schedules if one.id == run.created_by.id]
    else:
        mine = [one for one in schedules if (one.parameters or {}).get("mailing") == mailing]
    zones = {getattr(one.schedule, "timezone", None) for one in mine}
    return zones.pop() if len(zones) == 1 else None


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise Unreadable(f"{name!r} is no time zone; write one like Europe/Oslo.") from error


def _given(written: str, zone: ZoneInfo) -> date:
    try:
        day = date.fromisoformat(written)
    except ValueError as error:
        raise Unreadable(f"{written!r} is no day; write it like 2026-11-21.") from error
    if day > now().astimezone(zone).date():
        raise NotAllowed(f"{day} has not come in {zone.key}; let the run start then, and leave the date empty.")
    return day


def _due_after(client: SyncPrefectClient, run: FlowRun, moment: datetime) -> list[FlowRun]:
    """Runs of the same deployment whose time came after this one's. After an outage they all begin at once."""
    if run.deployment_id is None:
        return []
    asked = {"deployment_id": {"any_": [str(run.deployment_id)]}, "expected_start_time": {"after_": moment, "before_": now()}}
    return client.read_flow_runs(flow_run_filter=FlowRunFilter.model_validate(asked), limit=200)


def _overtaken(later: Iterable[FlowRun], mailing: str, mine: tuple[ZoneInfo, date]) -> date | None:
    """The nearest later day of the mailing that a run is there for; not one that makes up for a day that was missed."""
    zone, day = mine
    same = [run for run in later if run.parameters.get("mailing") == mailing and run.state_type not in ENDED]
    usual = [run.expected_start_time for run in same if not (run.parameters.get("occasion") or {}).get("date")]
    days = {moment.astimezone(zone).date() for moment in usual if moment}
    return min((one for one in days if one > day), default=None)
