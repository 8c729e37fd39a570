"""What is done with submissions at the desk: processed for somebody, several at once, deleted; each a line in the log (domain.md J.4)."""

from __future__ import annotations

from collections import Counter
from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from mailings.errors import NotAllowed, NotFound
from mailings.forms.finding import form_named
from mailings.forms.processing import process
from mailings.forms.submissions import delete_submission
from mailings.model import Form, Submission, SubmissionStatus
from web.desk.at import AtDesk, Desk, path
from web.desk.people import person_at
from web.desk.submissions import submission_at

router = APIRouter()


@router.post("/submissions/process", response_model=None)
def several(desk: AtDesk) -> Response:
    """Process the ticked ones, each for whoever has its address or a new person; each by itself, so that one that fails stops no other."""
    ticked = sorted(desk.fields.numbers("id"))
    if not ticked:
        raise NotAllowed(desk.say("submissions_tick"))
    n = Counter(_processed(desk, number) for number in ticked)
    told = {"done": n["processed"], "failed": n["failed"], "passed": n["passed"]}
    return desk.moved_to(_list(desk), "submissions_done", **told)


@router.post("/submissions/{number}/process", response_model=None)
def alone(number: int, desk: AtDesk) -> Response:
    """Process one for the person chosen: one of ours by number, or by default whoever has the address, else a new one."""
    chosen = next(iter(desk.fields.numbers("person")), None)
    how = _processed(desk, number, chosen, strict=True)
    return desk.moved_to(path("submissions", number), "submission_done" if how == "processed" else "submission_did_not")


@router.post("/submissions/{number}/delete", response_model=None)
def delete(number: int, desk: AtDesk) -> Response:
    """Delete what was sent, with its files, for good."""
    told: dict[str, Any] = {}
    with desk.changing("delete submission", f"submission {number}", told) as session:
        submission = submission_at(desk, session, number)
        told["form"] = name = session.get_one(Form, submission.form_id).name
        told["status"] = submission.status.value
        delete_submission(session, submission)
    return desk.moved_to(path("forms", name, "submissions"), "submission_deleted")


def _processed(desk: Desk, number: int, chosen: int | None = None, *, strict: bool = False) -> str:
    """processed, failed, or passed for one that is gone or waits for its confirmation; `strict` = raise for those."""
    told: dict[str, Any] = {}
    try:
        with desk.changing("process submission", f"submission {number}", told) as session:
            person = person_at(desk, session, chosen) if chosen is not None else None
            done = process(session, number, desk.user.name, desk.door.settings, person)
            submission = session.get_one(Submission, number)
            told["form"] = session.get_one(Form, submission.form_id).name
            told |= {"status": submission.status.value, "person": submission.person_id}
    except (NotFound, NotAllowed):
        if strict:
            raise
        return "passed"
    return str(SubmissionStatus.PROCESSED if done else SubmissionStatus.FAILED)


def _list(desk: Desk) -> str:
    """The list they came from, with its filters."""
    name, query = desk.fields.first("form"), {word: desk.fields.first(word) for word in ("only", "q")}
    if not name:
        return path("submissions", **query)
    with desk.door.database.reading() as session:
        return path("forms", form_named(session, name).name, "submissions", **query)
