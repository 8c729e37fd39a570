"""The steps of sending again: queueing whom it is for, and keeping out of the way of a run that is at work."""

from __future__ import annotations

import time

from prefect import task

from mailings.db import database
from mailings.sending import leases
from mailings.sending.finding import mailing_named
from mailings.sending.ordering import resend_once
from mailings.sending.resending import Again
from tasks import deeds
from tasks.artifacts import run_id
from tasks.naming import of_task
from tasks.parameters import Whom
from tasks.retrying import STEP

ENDING = 15.0  # seconds a run needs at most from its last look at the queue to its end: books and figures of a million take five


@task(name="queue again", task_run_name=of_task("queue {mailing} again"), **STEP)
def queue_again(mailing: str, whom: Whom) -> Again:
    """Queue a message for everybody who is meant and may have it; once in each flow run, however often that is begun.

    Raises what `Whom.only` does for a form that says nothing, or too much.
    """
    only, run = whom.only, run_id()
    with database().writing() as session:
        found = mailing_named(session, mailing, locked=True)
        again = resend_once(session, found, str(run) if run else None, reload=whom.reload, only=only)
        if again.queued and not again.repeated:
            deeds.record(session, "send again", f"mailing {mailing}", queued=again.queued, left_out=again.left_out)
        return again


@task(name="look for a run at work", task_run_name=of_task("look for a run of {mailing}"), **STEP)
def is_conducted(mailing: str) -> bool:
    """Whether another run is at work and takes along what was queued. One that ends within ENDING seconds would not: it is waited for."""
    until = time.monotonic() + ENDING
    while _is_conducted(mailing):
        if time.monotonic() > until:
            return True
        time.sleep(0.5)
    return False


def _is_conducted(mailing: str) -> bool:
    with database().reading() as session:
        return leases.conductor_of(session, mailing_named(session, mailing).id) is not None
