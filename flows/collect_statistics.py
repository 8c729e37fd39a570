"""Every night: compares what SendGrid counted with what we heard from it, and tells where the two differ. Safe at any time."""

from __future__ import annotations

from typing import Any

from prefect import flow
from prefect.logging import get_run_logger

from mailings.reports.reconciling import Difference, table
from tasks.artifacts import publish_page
from tasks.statistics import compare, take_in
from tasks.suppressions import sendgrid_is_used


@flow(name="collect-statistics", persist_result=False)
def collect_statistics(days: int = 30) -> dict[str, Any]:
    """Compare what SendGrid counted with what we heard; the differences, and what the activity feed told that we had never heard of.

    Nobody's numbers are corrected: what the feed tells is taken in as the webhook's events are, and the rest is said, in the log and on a
    page of the run. Without an API key there is nothing to compare.

    Args:
        days: Mailings begun in the last so many days are compared.
    """
    if not sendgrid_is_used():
        get_run_logger().info("MAILINGS_SENDGRID_API_KEY is not set: there is nothing to compare.")
        return {}
    feed = take_in()
    found = [Difference(**row) for row in compare(days)]
    for one in found:
        get_run_logger().warning("%s: SendGrid counted %s %s, we %s.", one.mailing, f"{one.theirs:,}", one.what, f"{one.ours:,}")
    lines = table(found) if found else ["Everything SendGrid counted we have heard of, and nothing more."]
    publish_page("sendgrid-statistics", "\n".join([f"# SendGrid and we, {days} days", "", *lines]))
    return {"differences": [one.document() for one in found], "feed": feed}
