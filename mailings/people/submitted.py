"""What a person sent us with forms: every submission that is theirs, or has their address and is nobody's yet (domain.md J.4, F.4)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, or_, select, update
from sqlalchemy.orm import Session

from mailings.model import Form, Person, Submission, SubmissionStatus, SubmittedFile

_MOMENTS = ("created_at", "submitted_at", "confirmed_at", "processed_at")
#: what of a processed submission says who sent it, and what it says then: nothing
_BLANK: dict[str, Any] = {"values": {}, "email": None, "network": None, "delivery_id": None, "problem": None, "outcome": None}


def theirs(person_id: int, normals: Sequence[str]) -> ColumnElement[bool]:
    """True for submissions of the person, and for those with their address that are nobody's yet."""
    return or_(Submission.person_id == person_id, and_(Submission.person_id.is_(None), Submission.email.in_(normals)))


def submitted(session: Session, person: Person) -> list[dict[str, Any]]:
    """The person's submissions in the order they came, with what was written, and the names of files."""
    mine = theirs(person.id, [address.normal for address in person.addresses])
    rows = session.execute(select(Submission, Form.name).join(Form, Form.id == Submission.form_id).where(mine).order_by(Submission.id))
    return [_told(session, submission, form) for submission, form in rows]


def _told(session: Session, submission: Submission, form: str) -> dict[str, Any]:
    plain = {"form": form, "status": submission.status.value, "address": submission.email, "values": submission.values}
    plain |= {"network": submission.network, "language": submission.language, "problem": submission.problem}
    plain |= {"outcome": submission.outcome, "processed_by": submission.processed_by}
    plain |= {moment: _iso(getattr(submission, moment)) for moment in _MOMENTS}
    files = select(SubmittedFile).where(SubmittedFile.submission_id == submission.id).order_by(SubmittedFile.id)
    named = [
        {"field": file.field, "file": file.name, "kind": file.content_type, "bytes": len(file.data)} for file in session.scalars(files)
    ]
    return {name: value for name, value in plain.items() if value not in (None, "")} | ({"files": named} if named else {})


def forget_submissions(session: Session, person_id: int, normals: Sequence[str]) -> None:
    """Of what is processed only that it came stays, so that figures do (domain.md D30); what is not processed is deleted: nobody will."""
    mine = theirs(person_id, normals)
    of_mine = SubmittedFile.submission_id.in_(select(Submission.id).where(mine))
    quiet = {"synchronize_session": False}
    session.execute(delete(SubmittedFile).where(of_mine), execution_options=quiet)
    session.execute(delete(Submission).where(mine, Submission.status != SubmissionStatus.PROCESSED), execution_options=quiet)
    blanked = update(Submission).where(mine).values(**_BLANK, person_id=None, script_due=False)
    session.execute(blanked, execution_options=quiet)


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat(timespec="milliseconds") if moment else None
