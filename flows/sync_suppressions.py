"""Every hour: takes over the addresses SendGrid does not write to any more. Safe at any time."""

from __future__ import annotations

from prefect import flow
from prefect.logging import get_run_logger

from mailings.transports.sendgrid.suppressions import LISTS
from tasks.suppressions import sendgrid_is_used, sync_list


@flow(name="sync-suppressions", flow_run_name="collect SendGrid's lists", persist_result=False)
def sync_suppressions() -> dict[str, int]:
    """Read SendGrid's lists of bounces, blocks, invalid addresses, spam reports and unsubscribes; how many entries of each were new.

    What its webhook has told already is no news. Without an API key there is nothing to do.
    """
    if not sendgrid_is_used():
        get_run_logger().info("MAILINGS_SENDGRID_API_KEY is not set: there are no lists to read.")
        return {}
    new = {kind: sync_list(kind) for kind in LISTS}
    if any(new.values()):
        get_run_logger().info("New on SendGrid's lists: %s.", ", ".join(f"{n:,} {kind}" for kind, n in new.items() if n))
    return new
