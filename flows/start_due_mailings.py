"""Every minute: a run for each mailing whose time has come or whose run ended too early; what clicks made is told to others."""

from __future__ import annotations

from prefect import flow
from prefect.logging import get_run_logger

from tasks.due import find_due, start_mailing
from tasks.outbox import tell_others
from tasks.suspended import heed_answers


@flow(
    name="start-due-mailings",
    flow_run_name="look for due mailings",
    description="Starts mailings whose time has come or whose run ended too early; tells what clicks made. Safe at any time.",
    persist_result=False,
)
def start_due_mailings() -> list[str]:
    """The names of the mailings a run goes on with, or was asked for.

    What cannot be started, or heeded, is raised after the others are, and all is told.
    """
    heeding = heed_answers(return_state=True)  # first: whose run waits for its approval needs no other
    going_on: list[str] = heeding.result() if heeding.is_completed() else []
    found = [mailing for mailing in find_due() if mailing.name not in going_on]
    asked = [start_mailing(mailing, return_state=True) for mailing in found]
    telling = tell_others(return_state=True)
    for name in going_on:
        get_run_logger().info("%s: approved; its run goes on", name)
    started = [mailing for mailing, state in zip(found, asked, strict=True) if state.result()]
    for mailing in started:
        get_run_logger().info("%s: %s; a run was asked for", mailing.name, mailing.why)
    if told := telling.result():
        get_run_logger().info("%d follow-ups and requests of clicks are told", told)
    heeding.result()
    return [*going_on, *(mailing.name for mailing in started)]
