"""The steps of sending: pick up, begin, deliver a portion, close. Each is safe to repeat."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from prefect import task

from mailings.db import database
from mailings.errors import Misconfigured, NotAsApproved
from mailings.model import MailingStatus, MailingType
from mailings.readable import counted
from mailings.reports.counting_anew import freshen
from mailings.reports.kept import SETTLED
from mailings.sending import closing, deliver, lifecycle, printing
from mailings.sending.closing import Ending
from mailings.sending.deliver import Portion
from mailings.sending.finding import mailing_named
from mailings.sending.run import conducting, running
from mailings.settings import settings
from tasks import deeds, events
from tasks.bar import bar_of
from tasks.ending import leave
from tasks.naming import of_outcome, of_portion, of_task
from tasks.parameters import HowToSend
from tasks.retrying import STEP
from tasks.stopping import ending_cancelled


@contextmanager
def at_work(mailing: str, how: HowToSend) -> Iterator[None]:
    """The run's leases, open transport and progress bar for the block. Raises AtWork while another run is at work on the mailing."""
    with ending_cancelled(), events.failures_of(mailing), conducting(database(), mailing, settings()) as run, bar_of(mailing):
        run.batch_size = how.batch_size or None
        run.patience = settings().run_patience if how.stays is None else how.stays
        yield


@task(name="pick up", task_run_name=of_task("pick up {mailing}"), **STEP)
def pick_up(mailing: str) -> MailingStatus:
    """Take up the mailing where it stands."""
    with database().writing() as session:
        return lifecycle.pick_up(mailing_named(session, mailing, locked=True))


@task(name="refuse", task_run_name=of_task("refuse {mailing}"), **STEP)
def refuse(mailing: str, problems: list[str]) -> Ending:
    """Back to draft, with what preflight found."""
    with database().writing() as session:
        lifecycle.refuse(session, mailing_named(session, mailing, locked=True), " ".join(problems))
    ending = Ending(mailing, MailingStatus.DRAFT, f"{mailing} is not sent: {counted(len(problems), 'problem')} found.", problems)
    events.refused(ending, leave(mailing, problems))
    return ending


@task(name="begin sending", task_run_name=of_task("queue the messages of {mailing}"), **STEP)
def begin_sending(mailing: str) -> list[str]:
    """Queue a delivery for everyone who should have it and does not; or, where it is not what was approved any more, say why not."""
    try:
        with database().writing() as session:
            queued = lifecycle.begin_sending(session, mailing_named(session, mailing, locked=True))
            if queued:
                deeds.record(session, "begin sending", f"mailing {mailing}", queued=queued)
    except NotAsApproved as error:
        return [str(error)]
    return []


@task(name="deliver portion", task_run_name=of_portion, **STEP)
def deliver_portion(mailing: str) -> Portion:
    """Hand over the next few thousand messages, or for one minute."""
    run = running(mailing)
    return deliver.deliver_portion(database(), run, run.portion)


def print_letters(mailing: str) -> str | None:
    """Of a document mailing: one PDF of its letters, and where it is. No step at all of a run for any other type."""
    with database().reading() as session:
        if mailing_named(session, mailing).type is not MailingType.DOCUMENT:
            return None
    return merge_letters(mailing)


@task(name="merge letters", task_run_name=of_task("one PDF of the letters of {mailing}"), **STEP)
def merge_letters(mailing: str) -> str | None:
    """One PDF of the letters, when all are printed; where it is. Trouble pauses the mailing, with its reason."""
    try:
        letters = printing.finish_letters(database(), mailing, settings())
    except Misconfigured as error:
        with database().writing() as session:
            lifecycle.pause(mailing_named(session, mailing, locked=True), str(error))
        return None
    return letters.sentence if letters is not None else None


@task(name="close", task_run_name=of_task("close {mailing}"), **STEP)
def close(mailing: str) -> Ending:
    """Sent when the books balance; else paused, or still sending until the next retry."""
    with database().writing() as session:
        return closing.close(session, mailing_named(session, mailing, locked=True))


@task(name="collect figures", task_run_name=of_outcome, **STEP)
def collect_figures(ending: Ending) -> dict[str, Any]:
    """The status document of cli.md, published as the run's summary; what a mailing that is done came to is counted, kept and told."""
    with database().reading() as session:
        found = mailing_named(session, ending.mailing)
        number, done = found.id, found.status in SETTLED
    if done:
        freshen(database(), number)
    document = leave(ending.mailing)
    events.ended(ending, document)
    return document
