"""Submissions at the desk: a list of a form's or of all; one with its values, files, story, and whom it may be of (domain.md J.4)."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter
from fastapi.responses import Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from mailings.errors import NotFound
from mailings.forms.definition import FormPart
from mailings.forms.doing import shown
from mailings.forms.finding import form_named, submission_numbered
from mailings.forms.processing import OPEN
from mailings.forms.submissions import LONGEST, PAGE, Asked, Only, files_of, how_many, page_of
from mailings.forms.suggesting import Suggested, suggested
from mailings.model import Delivery, Form, Mailing, Person, Recipient, Submission, SubmittedFile
from mailings.people.searching import Found, people_found
from web.desk.at import AtDesk, Desk, path
from web.desk.forms import head_of, part_seen, planned
from web.desk.labels import label_in

router = APIRouter()

FOUND = 8  # people found by a search, to choose from
LARGEST = 2**62
#: a stranger's file is saved and never shown: not as a page, not in a frame, not as what it says it is
SAVED = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "default-src 'none'; sandbox"}


@router.get("/submissions", response_model=None)
def every(desk: AtDesk) -> Response:
    """Submissions of all forms: what waits for a person, at first."""
    query = desk.request.query_params
    asked = asked_of(desk, None) if "only" in query else Asked(None, Only.WAITING, query.get("q", "")[:LONGEST], desk.user.name)
    return _listed(desk, asked, {"form": None}, "submissions")


@router.get("/forms/{name}/submissions", response_model=None)
def of_form(name: str, desk: AtDesk) -> Response:
    """Submissions of one form. Raises NotFound."""
    with desk.door.database.reading() as session:
        form = form_named(session, name)
        return _listed(desk, asked_of(desk, form.id), head_of(session, form), "forms", name, "submissions")


@router.get("/submissions/{number}", response_model=None)
def one(number: int, desk: AtDesk) -> Response:
    """One submission; for whoever may process it, the people it may be of. Raises NotFound."""
    who = desk.request.query_params.get("who", "").strip()[:LONGEST]
    with desk.door.database.reading() as session:
        submission = submission_at(desk, session, number)
        form = session.get_one(Form, submission.form_id)
        part = part_seen(session, form, submission.version)
        opens = submission.status in OPEN and part is not None and desk.may("sender")
        head = head_of(session, form)
        values = head | {
            "one": submission,
            "lines": _lines(part, submission),
            "files": files_of(session, number),
            "person": session.get(Person, submission.person_id) if submission.person_id else None,
            "came_by": _came_by(session, submission),
            "messages": _messages(session, submission),
            "planned": planned(part, head["response"]) if part else [],
            "unreadable": part is None,
            "open": opens,
            "suggested": suggested(session, part, submission) if opens and part else Suggested([], []),
            "who": who,
            "label": label_in(desk),
            "people": _found(session, who) if opens else [],
        }
        return desk.show("forms/one.html", **values)


@router.get("/submissions/{number}/files/{file}", response_model=None)
def download(number: int, file: int, desk: AtDesk) -> Response:
    """A file that was sent along, to be saved. Raises NotFound."""
    with desk.door.database.reading() as session:
        found = session.get(SubmittedFile, file) if file < LARGEST else None
        if found is None or found.submission_id != number:
            raise NotFound(desk.say("submission_no_file"))
        name = f"attachment; filename*=UTF-8''{quote(found.name, safe='')}"
        return Response(found.data, media_type="application/octet-stream", headers=SAVED | {"Content-Disposition": name})


def submission_at(desk: Desk, session: Session, number: int) -> Submission:
    """The submission of that number. Raises NotFound."""
    if number >= LARGEST:
        raise NotFound(desk.say("submission_unknown", n=number))
    return submission_numbered(session, number)


def asked_of(desk: Desk, form_id: int | None) -> Asked:
    """What the address of a list, or a form, asks for; a filter there is not is none."""
    query = desk.request.query_params
    word, search = (query.get(name, "") or desk.fields.first(name) for name in ("only", "q"))
    return Asked(form_id, Only(word) if word in set(Only) else None, search.strip()[:LONGEST], desk.user.name)


def _listed(desk: Desk, asked: Asked, head: dict[str, Any], *where: str) -> Response:
    word = desk.request.query_params.get("before", "")
    before = int(word) if word.isascii() and word.isdigit() and len(word) < 19 else None
    with desk.door.database.reading() as session:
        rows, total = page_of(session, asked, before), how_many(session, asked)
    query = {"only": asked.only or ("all" if asked.form_id is None else ""), "q": asked.search}
    older = path(*where, **query, before=rows[PAGE - 1].id) if len(rows) > PAGE else ""
    told: dict[str, Any] = {"rows": rows[:PAGE], "total": total, "asked": asked, "at": path(*where), "older": older}
    newest = path(*where, **query) if before else ""
    return desk.show("forms/submissions.html", tab="submissions", filters=list(Only), newest=newest, **told, **head)


def _lines(part: FormPart | None, submission: Submission) -> list[tuple[str, str]]:
    """(label, value) of everything that was written, in the form's order; what the form has no more stands last, by its identifier."""
    fields = {one.identifier: one for one in part.every} if part else {}
    order = [*(name for name in fields if name in submission.values), *(name for name in submission.values if name not in fields)]
    told = []
    for name in order:
        value = submission.values[name]
        said = shown(fields[name], value) if name in fields else ", ".join(map(str, value)) if isinstance(value, list) else str(value)
        told.append((fields[name].label or name if name in fields else name, said or "–"))
    return told


def _came_by(session: Session, submission: Submission) -> str | None:
    """The mailing whose link led to the form."""
    if submission.delivery_id is None:
        return None
    rows = select(Mailing.name).join(Recipient, Recipient.mailing_id == Mailing.id).join(Delivery, Delivery.recipient_id == Recipient.id)
    return session.scalar(rows.where(Delivery.id == submission.delivery_id))


def _messages(session: Session, submission: Submission) -> list[tuple[str, str, int, datetime | None]]:
    """(mailing, status, recipient, when sent) of each message that was made for it: the link to confirm, and the answer."""
    rows = select(Mailing.name, Delivery.status, Recipient.id, Delivery.sent_at).join(Recipient, Recipient.id == Delivery.recipient_id)
    rows = rows.join(Mailing, Mailing.id == Recipient.mailing_id).where(Delivery.submission_id == submission.id).order_by(Delivery.id)
    return [(name, str(status), recipient, sent) for name, status, recipient, sent in session.execute(rows)]


def _found(session: Session, who: str) -> list[Found]:
    return list(people_found(session, who, limit=FOUND)) if who else []
