"""The steps that look at the content: preflight, and compiling it once for the run."""

from __future__ import annotations

from prefect import task

from mailings.channels import Findings
from mailings.db import database
from mailings.sending.dns.spf import look_up
from mailings.sending.finding import mailing_named
from mailings.sending.preflight import check, sender_domains
from mailings.sending.preparing import prepare
from mailings.sending.run import running
from mailings.settings import settings
from tasks.naming import of_task
from tasks.retrying import STEP


@task(name="check", task_run_name=of_task("check {mailing}"), **STEP)
def check_mailing(mailing: str) -> Findings:
    """What preflight found, one sentence each; no problems = it may be sent."""
    with database().reading() as session:
        domains = sender_domains(session, mailing_named(session, mailing), settings())
    answers = look_up(domains, settings().dns)
    with database().writing() as session:
        return check(session, mailing_named(session, mailing), settings(), answers)


@task(name="compile content", task_run_name=of_task("compile {mailing}"), **STEP)
def compile_content(mailing: str) -> None:
    """Compile the content once; it stays with the run in this process."""
    with database().writing() as session:
        prepare(session, running(mailing), mailing_named(session, mailing), settings())
