"""The step that says who gets the mailing."""

from __future__ import annotations

from prefect import task

from mailings.audience.populate import populate
from mailings.db import database
from mailings.sending.finding import mailing_named
from tasks.retrying import STEP


@task(name="resolve recipients", **STEP)
def resolve_recipients(mailing: str) -> dict[str, int]:
    """Sources to recipients with verdicts; how many have each."""
    with database().writing() as session:
        counts = populate(session, mailing_named(session, mailing, locked=True), launch=True)
    return {str(verdict): n for verdict, n in counts.items()}
