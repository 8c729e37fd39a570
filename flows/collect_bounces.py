"""Every ten minutes: reads returned mail, and what servers refused, and lets them have their effect. Safe at any time."""

from __future__ import annotations

from typing import Any

from prefect import flow
from prefect.logging import get_run_logger

from mailings.readable import counted
from tasks.bounces import count_refusals, mailbox_is_set, read_mailbox


@flow(name="collect-bounces", flow_run_name="collect bounces", persist_result=False)
def collect_bounces() -> dict[str, Any]:
    """Read the mailbox where returned mail arrives, and count what was refused at hand-over; what came of it.

    Nothing in the mailbox is changed. Without MAILINGS_BOUNCE_MAILBOX only refusals are counted.
    """
    document: dict[str, Any] = {"refused": count_refusals()}
    if mailbox_is_set():
        document |= read_mailbox()
        if document["new"]:
            get_run_logger().info("%s", _told(document))
    else:
        get_run_logger().info("MAILINGS_BOUNCE_MAILBOX is not set: there is no mailbox to read.")
    return document


def _told(document: dict[str, Any]) -> str:
    replies = counted(document["auto_replies"], "automatic reply", "automatic replies")
    kinds = [counted(document["bounces"], "bounce"), counted(document["delays"], "delay"), replies]
    return f"{document['new']:,} new: {', '.join(kinds)}, {counted(document['complaints'], 'complaint')} read."
