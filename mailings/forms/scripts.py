"""Calls the scripts of forms: a little after a submission is processed, outside of every transaction, never twice (domain.md J.5, D24)."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from sqlalchemy import Select, select, text
from sqlalchemy.orm import Session

from mailings.content.scripts import Click, script_named, within
from mailings.db import Database
from mailings.errors import MailingsError
from mailings.forms.publishing import address_of
from mailings.model import Form, Submission
from mailings.settings import Settings

LONGEST = 30.0  # seconds a script is waited for
MOST = 50  # scripts in one go, so that whoever asked can be stopped
DUE = text("submission.script_due")  #: as its index says it: SQLAlchemy writes `= 1` for SQLite, which then walks the table
LOG = logging.getLogger("mailings.forms")


@dataclass(frozen=True, slots=True)
class _Due:
    submission: int
    name: str
    told: Click


def call_due(database: Database, settings: Settings) -> int:
    """Call the scripts that are due; how many. Any number of processes may ask.

    That a script is called is written down before it is: a process that dies in between leaves it uncalled, and never calls it twice.
    """
    called = 0
    while called < MOST:
        with database.reading() as session:
            if session.scalar(_waiting().limit(1)) is None:
                return called
        with database.writing() as session:
            due = _taken(session, settings)
        if due is None:
            return called
        _call(database, due, settings)
        called += 1
    return called


def _waiting() -> Select[int]:
    return select(Submission.id).where(DUE).order_by(Submission.id)


def _taken(session: Session, settings: Settings) -> _Due | None:
    rows = select(Submission).where(DUE).order_by(Submission.id).limit(1).with_for_update(skip_locked=True)
    submission = session.scalar(rows)
    if submission is None:
        return None
    form = session.get_one(Form, submission.form_id)
    name = str((form.definition.get("actions") or {}).get("script") or "")
    submission.script_due = False
    submission.outcome = _with(submission.outcome, f"The script {name} was begun; whether it came to its end is not known.")
    return _Due(submission.id, name, Click(form.name, address_of(form, settings), "", submission.person_id, 1, first=True))


def _call(database: Database, due: _Due, settings: Settings) -> None:
    try:
        run = script_named(due.name, settings.scripts).run
        said = within(LONGEST, lambda: run(due.told)) or "done"
        told = f"Script {due.name}: {said}"
    except MailingsError as error:
        told = f"The script {due.name} was not called: {error}"
    except Exception as error:
        LOG.warning("The script %s of a form failed: %s", due.name, type(error).__name__)
        told = f"The script {due.name} failed: {type(error).__name__}: {error}"
    with database.writing() as session:
        submission = session.get(Submission, due.submission)
        if submission is not None and submission.outcome:  # erased meanwhile: nothing is said of it
            submission.outcome = _with("\n".join(submission.outcome.splitlines()[:-1]), told)


def _with(before: str | None, more: str) -> str:
    return f"{before}\n{more}" if before else more
