"""Submissions as lists show them: by form, status, whom they were processed by, address; a page at a time; and deleted by a person."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session

from mailings.model import Form, Person, Submission, SubmissionStatus, SubmittedFile

PAGE = 50  # submissions on a page
LONGEST = 200  # characters that are looked for


class Only(StrEnum):
    """Which of them: one status (domain.md J.4), what waits for a person, or what a user processed."""

    WAITING = "waiting"  #: submitted, and failed: what somebody has to look at
    UNCONFIRMED = "unconfirmed"
    SUBMITTED = "submitted"
    PROCESSED = "processed"
    FAILED = "failed"
    MINE = "mine"  #: processed by whoever asks


@dataclass(frozen=True, slots=True)
class Asked:
    """Which submissions: of one form or all, only some, with this in their address; `by` = who asks."""

    form_id: int | None = None
    only: Only | None = None
    search: str = ""
    by: str = ""


class Row(NamedTuple):
    """A submission in a list; `person` is their name as it is now."""

    id: int
    form: str
    title: str
    status: SubmissionStatus
    email: str | None
    person_id: int | None
    person: str | None
    submitted_at: datetime | None
    processed_at: datetime | None
    processed_by: str | None
    problem: str | None
    values: dict[str, Any]
    version: int  # of the form it was filled in


class StoredFile(NamedTuple):
    """A file of a submission, without its content; `size` in bytes."""

    id: int
    field: str
    name: str
    size: int


def page_of(session: Session, asked: Asked, before: int | None = None, most: int = PAGE + 1) -> list[Row]:
    """The newest `most` of them, or those before the submission `before`."""
    chosen = _rows(asked).order_by(Submission.id.desc()).limit(most)
    return [Row(*row) for row in session.execute(chosen.where(Submission.id < before) if before is not None else chosen)]


def every_row(session: Session, asked: Asked) -> Iterator[Row]:
    """All of them, the newest first, a thousand in memory at a time."""
    before = None
    while page := page_of(session, asked, before, 1000):
        yield from page
        before = page[-1].id


def how_many(session: Session, asked: Asked) -> int:
    """How many they are."""
    return session.scalar(select(func.count()).select_from(Submission).where(*_wanted(asked))) or 0


def waiting(session: Session, form_id: int | None = None) -> int:
    """How many submissions wait for a person: submitted and not processed by themselves, and failed."""
    return how_many(session, Asked(form_id, Only.WAITING))


def files_of(session: Session, submission_id: int) -> list[StoredFile]:
    """The submission's files, in their order."""
    columns = (SubmittedFile.id, SubmittedFile.field, SubmittedFile.name, func.length(SubmittedFile.data))
    rows = select(*columns).where(SubmittedFile.submission_id == submission_id).order_by(SubmittedFile.id)
    return [StoredFile(*row) for row in session.execute(rows)]


def of_person(session: Session, person_id: int, normals: Sequence[str]) -> list[Row]:
    """The newest submissions of a person, and those with their address that are nobody's yet."""
    from mailings.people.submitted import theirs  # noqa: PLC0415  only for a person's page

    chosen = _rows(Asked()).where(theirs(person_id, normals)).order_by(Submission.id.desc()).limit(PAGE)
    return [Row(*row) for row in session.execute(chosen)]


def delete_submission(session: Session, submission: Submission) -> None:
    """Delete what was sent, with its files, for good. What its processing did stays done."""
    session.delete(submission)
    session.flush()


def _rows(asked: Asked) -> Select[Any]:
    of_submission = (Submission.id, Form.name, Form.title, Submission.status, Submission.email, Submission.person_id, Person.name)
    since = (
        Submission.submitted_at,
        Submission.processed_at,
        Submission.processed_by,
        Submission.problem,
        Submission.values,
        Submission.version,
    )
    rows = select(*of_submission, *since).join(Form, Form.id == Submission.form_id)
    return rows.outerjoin(Person, Person.id == Submission.person_id).where(*_wanted(asked))


def _wanted(asked: Asked) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = []
    if asked.form_id is not None:
        wanted.append(Submission.form_id == asked.form_id)
    if asked.only is Only.WAITING:
        wanted.append(Submission.status.in_([SubmissionStatus.SUBMITTED, SubmissionStatus.FAILED]))
    elif asked.only is Only.MINE:
        wanted.append(Submission.processed_by == asked.by)
    elif asked.only is not None:
        wanted.append(Submission.status == SubmissionStatus(asked.only.value))
    if asked.search:
        wanted.append(Submission.email.contains(asked.search.strip().lower()[:LONGEST], autoescape=True))
    return wanted
