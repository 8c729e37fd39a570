"""The step of counting figures anew where something moved them that no transaction could add up: settled by hand, a link reset."""

from __future__ import annotations

from prefect import task

from mailings.db import database
from mailings.reports.counting_anew import freshen, to_be_counted
from mailings.sending.finding import mailing_named
from tasks.naming import of_task
from tasks.retrying import STEP


@task(name="count figures", **STEP)
def count_figures() -> int:
    """Count the figures of mailings that are done and marked for it, ten at most, the newest first; how many that were."""
    with database().reading() as session:
        marked = to_be_counted(session)
    for mailing_id in marked:
        freshen(database(), mailing_id)
    return len(marked)


@task(name="count figures anew", task_run_name=of_task("count the figures of {mailing}"), **STEP)
def count_figures_of(mailing: str) -> None:
    """Count the mailing's figures, where those that are kept do not hold any more. Raises NotFound."""
    with database().reading() as session:
        mailing_id = mailing_named(session, mailing).id
    freshen(database(), mailing_id)
