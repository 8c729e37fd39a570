"""The step of writing to the staff when a mailing is in trouble."""

from __future__ import annotations

from typing import Any

from prefect import task
from prefect.logging import get_run_logger
from prefect.variables import Variable

from mailings.db import database
from mailings.sending.notifying import Trouble, What, notify
from mailings.settings import settings
from tasks.retrying import STEP

VARIABLE = "mailings_notify"  #: the Prefect variable that names them: a JSON list of addresses


@task(name="who is told", **STEP)
def who_is_told() -> list[str]:
    """The addresses that the variable names: a list, or one text with commas; none where it is not there."""
    named: Any = Variable.get(VARIABLE, default=[])
    parts = named.split(",") if isinstance(named, str) else named if isinstance(named, list) else []
    return [part.strip() for part in parts if isinstance(part, str) and part.strip()]


@task(name="write to the staff", task_run_name="write to the staff about {mailing}", **STEP)
def write_to_staff(mailing: str, what: What, reason: str, people: list[str]) -> int:
    """Write to each of them, unless they were told within the hour or it is over; how many were written to."""
    told = notify(database(), Trouble(mailing, what, reason), people, settings())
    for address, why in told.not_to.items():
        get_run_logger().warning("%s was not told: %s", address, why)
    if told.nobody:
        get_run_logger().info("Nobody is written to: %s", told.nobody)
    return len(told.to)
