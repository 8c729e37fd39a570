"""What `send --at` waits for: every minute, a run for each mailing whose time has come or whose run ended too early."""

from __future__ import annotations

from prefect import flow
from prefect.logging import get_run_logger

from tasks.due import find_due, start_mailing


@flow(
    name="start-due-mailings",
    description="Starts mailings whose time has come, and goes on with those whose run ended too early. Safe at any time.",
    persist_result=False,
)
def start_due_mailings() -> list[str]:
    """The names of the mailings a run was asked for. One that cannot be started is raised after the others are."""
    found = find_due()
    asked = [start_mailing(mailing, return_state=True) for mailing in found]
    started = [mailing for mailing, state in zip(found, asked, strict=True) if state.result()]
    for mailing in started:
        get_run_logger().info("%s: %s; a run was asked for", mailing.name, mailing.why)
    return [mailing.name for mailing in started]
