"""The steps of comparing our books with what SendGrid counted, and of taking in what we never heard of."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from prefect import task
from prefect.logging import get_run_logger

from mailings import clock
from mailings.db import database
from mailings.errors import Misconfigured, TryLater
from mailings.reports.reconciling import differences, mailings_since, unheard
from mailings.settings import settings
from mailings.tracking.absorb import absorb
from mailings.transports.sendgrid.activity import SOURCE, Undelivered, events_of, undelivered
from mailings.transports.sendgrid.asking import Questions
from mailings.transports.sendgrid.settings import Settings
from mailings.transports.sendgrid.statistics import counted
from tasks.retrying import STEP

REPEATS = timedelta(hours=25)  # a webhook that found us shut is repeated for a day: what is older is not on its way
FEED = timedelta(days=7)  # the feed is asked for
MOST = 30  # messages a run asks about: the feed answers six questions a minute


@task(name="compare with SendGrid", task_run_name="compare, days: {days}", **STEP)
def compare(days: int, mailing: str = "") -> list[dict[str, Any]]:
    """Where SendGrid's numbers of the mailings begun these days, or of this one, are not ours."""
    now = clock.now()
    with database().reading() as session:
        begun = mailings_since(session, now - timedelta(days=days))
    if mailing:
        begun = {name: when for name, when in begun.items() if name == mailing}
    if not begun:
        return []
    with Questions(Settings.read()) as questions:
        # a day before: where its days begin is the account's choice
        theirs = counted(questions, list(begun), min(begun.values()) - timedelta(days=1), now)
    with database().reading() as session:
        return [one.document() for one in differences(session, theirs)]


@task(name="take in the activity feed", **STEP)
def take_in() -> dict[str, int]:
    """Take in what the feed tells of messages that were not delivered and we never heard of: how many asked about, new events, left.

    An account without the feed is told so once, in the log, and asked nothing.
    """
    until, asked, new = clock.now() - REPEATS, 0, 0
    with Questions(Settings.read()) as questions:
        try:
            messages = undelivered(questions, until - FEED, until)
        except Misconfigured as error:
            get_run_logger().info("%s What the webhook did not tell stays unknown.", error)
            return {}
        with database().reading() as session:
            open_ones = unheard(session, messages)
        for message in open_ones[:MOST]:
            try:
                new += _absorbed(questions, message)
            except TryLater as error:
                get_run_logger().info("%s The rest is for another night.", error)
                break
            asked += 1
    return {"asked": asked, "new": new, "left": len(open_ones) - asked}


def _absorbed(questions: Questions, message: Undelivered) -> int:
    """Each message is kept before the next is asked for."""
    reports = events_of(questions, message)
    with database().writing() as session:
        return absorb(session, reports, SOURCE, settings())
