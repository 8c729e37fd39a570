"""The step of reading one of SendGrid's lists of addresses it does not write to any more."""

from __future__ import annotations

from prefect import task

from mailings import clock
from mailings.db import database
from mailings.settings import settings
from mailings.tracking.absorb import absorb
from mailings.tracking.bookmarks import bookmark, put_bookmark
from mailings.transports.sendgrid.settings import Settings
from mailings.transports.sendgrid.suppressions import SOURCE, Suppressions
from tasks.retrying import STEP


@task(name="sync suppression list", task_run_name="sync {kind}", **STEP)
def sync_list(kind: str) -> int:
    """Take in what came onto the list since the last look; how many entries were new. Each page is kept before the next is asked for."""
    name, until, new = f"{SOURCE} {kind}", clock.now(), 0
    with database().reading() as session:
        since = bookmark(session, name)
    with Suppressions(Settings.read()) as lists:
        for reports in lists.pages(kind, since, until):
            with database().writing() as session:
                new += absorb(session, reports, SOURCE, settings())
    with database().writing() as session:
        put_bookmark(session, name, until)
    return new


def sendgrid_is_used() -> bool:
    """True where an API key is set."""
    return bool(Settings.read().api_key.get_secret_value().strip())
