"""Brings figures up to date, and compares what SendGrid counted with what we heard from it. Safe at any time."""

from __future__ import annotations

from typing import Annotated, Any

from prefect import flow
from prefect.logging import get_run_logger
from pydantic import Field

from mailings.readable import counted
from mailings.reports.reconciling import Difference, table
from tasks.artifacts import publish_page
from tasks.figures import count_figures, count_figures_of
from tasks.statistics import compare, take_in
from tasks.suppressions import sendgrid_is_used


@flow(name="collect-statistics", flow_run_name="collect statistics", persist_result=False)
def collect_statistics(days: Annotated[int, Field(ge=1, le=400)] = 30, mailing: str = "", feed: bool = True) -> dict[str, Any]:
    """Freshen the figures that are kept; where SendGrid is used, compare its numbers with ours, and tell where the two differ.

    Nobody's numbers are corrected: what the feed tells is taken in as the webhook's events are, and the rest is said, in the log and on a
    page of the run. Without an API key there is nothing to compare.

    Args:
        days: Mailings begun in the last so many days are compared.
        mailing: Only this one, by its name; empty = all of these days.
        feed: Also ask SendGrid's activity feed for bounces we never heard of; it answers six questions a minute, so once a night will do.
    """
    freshened = _freshen(mailing)
    if not sendgrid_is_used():
        get_run_logger().info("MAILINGS_SENDGRID_API_KEY is not set: there is nothing to compare.")
        return {"freshened": freshened}
    told = take_in() if feed and not mailing else {}
    found = [Difference(**row) for row in compare(days, mailing)]
    for one in found:
        get_run_logger().warning("%s: SendGrid counted %s %s, we %s.", one.mailing, f"{one.theirs:,}", one.what, f"{one.ours:,}")
    lines = table(found) if found else ["Everything SendGrid counted we have heard of, and nothing more."]
    whose = f"of {mailing}" if mailing else counted(days, "day")
    publish_page("sendgrid-statistics", "\n".join([f"# SendGrid and we, {whose}", "", *lines]))
    return {"differences": [one.document() for one in found], "feed": told, "freshened": freshened}


def _freshen(mailing: str) -> int:
    """How many mailings were looked at."""
    if not mailing:
        return count_figures()
    count_figures_of(mailing)
    return 1
