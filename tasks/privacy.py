"""The steps of letting go: people whose days are over, events, sign-ins and lines of the log that were kept long enough."""

from __future__ import annotations

from prefect import task
from sqlalchemy.orm import Session

from mailings.db import database
from mailings.people.expiring import erase_overdue
from mailings.reports.counting_anew import count_anew, is_stale
from mailings.sending import letting_go
from mailings.settings import settings
from mailings.tracking import retention
from mailings.tracking.retention import Walked
from tasks.retrying import STEP


@task(name="erase people", **STEP)
def erase_people() -> int:
    """A portion of people, erased for good; 0 = nobody is left whose days are over."""
    with database().writing() as session:
        return erase_overdue(session, settings().erase_after_days)


@task(name="delete events", task_run_name="delete events after {after}", **STEP)
def delete_events(after: int) -> Walked:
    """A portion of old visits and reports, their figures counted before."""
    with database().writing() as session:
        return retention.delete_events(session, settings().events_kept_days, _counted, after=after)


def _counted(session: Session, mailing_id: int) -> None:
    """The mailing's figures stand."""
    if is_stale(session, mailing_id):
        count_anew(session, mailing_id)


@task(name="delete what ended", **STEP)
def delete_ended() -> int:
    """A portion of ended sign-ins, forgotten uploads, submissions nobody confirmed and old lines of the log; 0 = none is left."""
    with database().writing() as session:
        gone = retention.delete_sign_ins(session) + retention.delete_uploads(session)
        gone += retention.delete_unconfirmed(session) + retention.forget_networks(session)
        return gone + retention.delete_log(session, settings().audit_kept_days)


@task(name="delete letters", **STEP)
def delete_letters() -> int:
    """PDFs, addresses and parts of letters that were kept long enough; how many files."""
    return letting_go.delete_letters(database(), settings())
