"""The steps of collecting bounces: read the mailbox, and count what servers refused at hand-over."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from prefect import task
from prefect.logging import get_run_logger

from mailings.db import database
from mailings.settings import settings
from mailings.tracking import mailbox, refusals
from tasks.retrying import STEP


@task(name="read bounce mailbox", **STEP)
def read_mailbox() -> dict[str, Any]:
    """Read what is new in the mailbox and let it have its effect; the counts of mailbox.Collected."""
    found = mailbox.collect(database(), settings())
    for trouble in found.troubles:
        get_run_logger().warning(trouble)
    return asdict(found)


@task(name="count refusals", **STEP)
def count_refusals() -> int:
    """Hold against addresses what servers refused since the last look; how many refusals were new."""
    return refusals.count_refusals(database(), settings())


def mailbox_is_set() -> bool:
    """True where MAILINGS_BOUNCE_MAILBOX is."""
    found = settings().bounce_mailbox
    return bool(found and found.get_secret_value().strip())
