"""The steps of settling what is in doubt: find it, gather what others say of it, settle it mailing by mailing."""

from __future__ import annotations

from prefect import task

from mailings.db import database
from mailings.sending.doubt import gathering, seeking, settling
from mailings.sending.doubt.gathering import Gathered
from mailings.sending.doubt.seeking import Doubtful
from mailings.sending.doubt.settling import Settled
from mailings.sending.finding import mailing_named
from mailings.settings import settings
from tasks.retrying import STEP


@task(name="find doubt", **STEP)
def find_doubt(mailing: str | None) -> list[Doubtful]:
    """The mailings on which something is in doubt, with what dead senders left; only `mailing`, where one is named."""
    with database().reading() as session:
        found = seeking.doubtful(session, mailing)
    with database().writing() as session:
        seeking.come_into_doubt(session, found)
    return found


@task(name="gather evidence", **STEP)
def gather_evidence(mailings: list[Doubtful]) -> Gathered:
    """Read servers' logs and returned mail, and keep what they say."""
    with database().reading() as session:
        sought = seeking.sought(session, mailings)
    return gathering.gather(database(), sought, settings())


@task(name="settle", task_run_name="settle {mailing.name}", **STEP)
def settle(mailing: Doubtful, gathered: Gathered) -> Settled:
    """Settle by evidence, and by the mailing's policy where all evidence could be read."""
    with database().writing() as session:
        return settling.settle(session, mailing_named(session, mailing.name, locked=True), settings(), policy=not gathered.troubles)
