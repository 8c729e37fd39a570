"""Every minute: a run for each mailing whose time has come or whose run ended too early; what clicks made is told to others."""

from __future__ import annotations

from prefect import flow
from prefect.logging import get_run_logger

from tasks.due import find_due, start_mailing
from tasks.outbox import tell_others


@flow(
    name="start-due-mailings",
    description="Starts mailings whose time has come or whose run ended too early; tells what clicks made. Safe at any time.",
    persist_result=False,
)
def start_due_mailings() -> list[str]:
    """The names of the mailings a run was asked for. One that cannot be started is raised after the others are, and all is told."""
    found = find_due()
    asked = [start_mailing(mailing, return_state=True) for mailing in found]
    telling = tell_others(return_state=True)
    started = [mailing for mailing, state in zip(found, asked, strict=True) if state.result()]
    for mailing in started:
        get_run_logger().info("%s: %s; a run was asked for", mailing.name, mailing.why)
    if told := telling.result():
        get_run_logger().info("%d follow-ups and requests of clicks are told", told)
    return [mailing.name for mailing in started]
