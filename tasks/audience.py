"""The step that says who gets the mailing."""

from __future__ import annotations

from prefect import task

from mailings.audience.populate import populate
from mailings.db import database
from mailings.sending.finding import mailing_named
from mailings.sending.limits import providers
from mailings.settings import settings
from tasks.naming import of_task
from tasks.retrying import STEP


@task(name="resolve recipients", task_run_name=of_task("make the list of {mailing}"), **STEP)
def resolve_recipients(mailing: str) -> dict[str, int]:
    """Sources to recipients with verdicts; how many have each."""
    with database().writing() as session:
        counts = populate(session, mailing_named(session, mailing, locked=True), launch=True)
    _learn_providers(mailing)
    return {str(verdict): n for verdict, n in counts.items()}


def _learn_providers(mailing: str) -> None:
    """Who receives for the commonest domains of the list, where a domain's limit could use it. The DNS is asked between transactions."""
    with database().reading() as session:
        domains = providers.unknown(session, mailing_named(session, mailing))
    if domains:
        answers = providers.look_up(domains, settings().dns)
        with database().writing() as session:
            providers.keep(session, answers)
