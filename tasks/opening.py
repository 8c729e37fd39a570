"""Opens a form response that a run of send-mailing was started for: looked over first, as at every door."""

from __future__ import annotations

from prefect import task

from mailings.db import database
from mailings.model import MailingStatus, MailingType
from mailings.readable import counted
from mailings.sending.closing import Ending
from mailings.sending.dns.spf import look_up
from mailings.sending.finding import mailing_named
from mailings.sending.form_responses.answering import open_if_fit
from mailings.sending.preflight import sender_domains
from mailings.settings import settings
from tasks import deeds, events
from tasks.ending import leave
from tasks.naming import of_task
from tasks.retrying import STEP


def unfit_to_open(mailing: str) -> Ending | None:
    """Open it where it is a form response nobody opened yet; says how the run ends where it is not fit. Nothing is done for the others."""
    with database().reading() as session:
        found = mailing_named(session, mailing)
        if found.type is not MailingType.FORM_RESPONSE or found.status is not MailingStatus.DRAFT:
            return None
    problems = open_response(mailing)
    if not problems:
        return None
    ending = Ending(mailing, MailingStatus.DRAFT, f"{mailing} is not opened: {counted(len(problems), 'problem')} found.", problems)
    events.refused(ending, leave(mailing, problems))
    return ending


@task(name="open", task_run_name=of_task("open {mailing}"), **STEP)
def open_response(mailing: str) -> list[str]:
    """Open the form response where nothing is to be mended; what is. Safe to repeat."""
    with database().reading() as session:
        domains = sender_domains(session, mailing_named(session, mailing), settings())
    answers = look_up(domains, settings().dns)
    with database().writing() as session:
        found = mailing_named(session, mailing, locked=True)
        closed = found.status is not MailingStatus.SENDING
        problems = open_if_fit(session, found, settings(), answers).problems
        if closed and not problems:
            deeds.record(session, "open", f"mailing {mailing}")
        return problems
