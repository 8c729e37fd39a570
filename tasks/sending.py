"""The steps of sending: pick up, begin, deliver a portion, close. Each is safe to repeat."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from prefect import task

from mailings.db import database
from mailings.model import MailingStatus
from mailings.reports.counting_anew import freshen
from mailings.reports.figures import status_of
from mailings.reports.kept import SETTLED
from mailings.reports.progress import Progress
from mailings.sending import closing, deliver, lifecycle
from mailings.sending.closing import Outcome
from mailings.sending.deliver import Portion
from mailings.sending.finding import mailing_named
from mailings.sending.run import conducting, running
from mailings.settings import settings
from tasks import artifacts
from tasks.forms import HowToSend
from tasks.retrying import STEP


@contextmanager
def at_work(mailing: str, how: HowToSend) -> Iterator[None]:
    """The run's leases and open transport for the block. Raises NotAllowed while another run is at work on the mailing."""
    with conducting(database(), mailing, settings()) as run:
        run.batch_size = how.batch_size or None
        run.patience = settings().run_patience if how.stays is None else how.stays
        yield


@task(name="pick up", **STEP)
def pick_up(mailing: str) -> MailingStatus:
    """Take up the mailing where it stands."""
    with database().writing() as session:
        return lifecycle.pick_up(mailing_named(session, mailing, locked=True))


@task(name="refuse", **STEP)
def refuse(mailing: str, problems: list[str]) -> Outcome:
    """Back to draft, with what preflight found."""
    with database().writing() as session:
        lifecycle.refuse(mailing_named(session, mailing, locked=True))
    return Outcome(mailing, MailingStatus.DRAFT, f"{mailing} is not sent: {len(problems)} problem(s) found.", problems)


@task(name="begin sending", **STEP)
def begin_sending(mailing: str) -> int:
    """Queue a delivery for everyone who should have it and does not; how many."""
    with database().writing() as session:
        return lifecycle.begin_sending(session, mailing_named(session, mailing, locked=True))


@task(name="deliver portion", **STEP)
def deliver_portion(mailing: str) -> Portion:
    """Hand over the next few thousand messages, or for one minute."""
    run = running(mailing)
    return deliver.deliver_portion(database(), run, run.portion)


@task(name="close", **STEP)
def close(mailing: str) -> Outcome:
    """Sent when the books balance; else paused, or still sending until the next retry."""
    with database().writing() as session:
        return closing.close(session, mailing_named(session, mailing, locked=True))


@task(name="collect figures", **STEP)
def collect_figures(mailing: str) -> dict[str, Any]:
    """The status document of cli.md, published as the run's summary; what a mailing that is done came to is counted and kept."""
    with database().reading() as session:
        found = mailing_named(session, mailing)
        document, number, done = status_of(session, found), found.id, found.status in SETTLED
    if done:
        freshen(database(), number)
    artifacts.publish_summary(document)
    return document


def progress_of(mailing: str) -> Progress:
    """Where the mailing stands before its first portion: progress is counted on from there."""
    with database().reading() as session:
        return Progress(status_of(session, mailing_named(session, mailing)))


def show_progress(progress: Progress, portion: Portion) -> None:
    """Move the run's progress bar by one portion."""
    artifacts.show_progress(progress.name, progress.after(portion.counts))
