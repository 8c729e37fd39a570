"""Several senders: asking for shards, watching them while they send, and what one shard does."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import httpx
from prefect import task
from prefect.deployments import run_deployment
from prefect.exceptions import ObjectNotFound, PrefectHTTPStatusError
from prefect.logging import get_run_logger
from prefect.runtime import flow_run

from mailings.db import database
from mailings.model import MailingStatus
from mailings.sending import senders
from mailings.sending.finding import mailing_named
from mailings.sending.interruption import finishing_what_is_in_hand
from mailings.sending.run import Run, joining, running
from mailings.settings import settings
from tasks.naming import of_task
from tasks.parameters import HowToSend
from tasks.retrying import STEP
from tasks.stopping import ending_cancelled

DEPLOYMENT = "deliver-shard/deliver-shard"


@contextmanager
def joined(mailing: str, batch_size: int) -> Iterator[None]:
    """A sender's lease and open transport for the block. Raises NotAllowed where the mailing is not being sent."""
    with ending_cancelled(), joining(database(), mailing, settings()) as run:
        run.batch_size = batch_size or None
        yield


@task(name="ask for shards", task_run_name=of_task("ask for shards of {mailing}"), **STEP)
def ask_for_shards(mailing: str, how: HowToSend) -> int:
    """Ask for the runs of deliver-shard that are missing; how many senders to wait for. 0 = this run sends alone, having said why."""
    run = running(mailing)
    if not senders.could_be_sent(database(), run):
        return 0
    missing = senders.missing(database(), run, how.shards)
    return how.shards - missing + _asked(run, missing, how.batch_size)


def _asked(run: Run, missing: int, batch_size: int) -> int:
    asked = 0
    try:
        for shard in range(1, missing + 1):
            _ask(run, shard, batch_size)
            asked = shard
    except ObjectNotFound:
        get_run_logger().warning(
            "There is no deployment %s, so this run sends alone; make it with: python -m deployments.deploy", DEPLOYMENT
        )
    except (httpx.HTTPError, PrefectHTTPStatusError) as error:
        get_run_logger().warning("Prefect's API takes no further run (%s); this one sends what no other does.", type(error).__name__)
    return asked


def _ask(run: Run, shard: int, batch_size: int) -> None:
    run_deployment(
        DEPLOYMENT,
        parameters={"mailing": run.mailing, "shard": shard, "batch_size": batch_size},
        # asked twice by one conductor it is one run; whoever picks the mailing up after it has a lease of its own, and asks anew
        idempotency_key=f"{flow_run.id}-{run.by.lease_id}-{shard}",
        tags=[f"mailing:{run.mailing}"],
        timeout=0,
        as_subflow=False,  # its own run: it goes on when this one dies
    )


@task(name="watch shards", task_run_name=of_task("watch the shards of {mailing}"), **STEP)
def watch_shards(mailing: str, asked: int) -> None:
    """Wait while others send the mailing; ends when nobody does, and this run goes on by itself."""
    run = running(mailing)
    with finishing_what_is_in_hand(run.stop):
        for _ in senders.looks(database(), run, asked):
            pass  # the run's bar shows where it stands


def others_at_work(mailing: str) -> bool:
    """True while another sender is at work on the mailing."""
    return senders.at_work(database(), running(mailing)) > 0


def is_being_sent(mailing: str) -> bool:
    """Whether a shard finds something to join: one that begins late may not, and says so."""
    with database().reading() as session:
        status = mailing_named(session, mailing).status
    if status is not MailingStatus.SENDING:
        get_run_logger().info("%s is %s; this shard has nothing to do", mailing, status)
    return status is MailingStatus.SENDING
