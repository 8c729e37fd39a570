"""Confirming what was sent with a form: a link shows a page, its button lets it count; an old link offers a fresh one (domain.md J.4)."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response
from sqlalchemy.orm import Session

from mailings.errors import NotFound
from mailings.forms.opting_in import Confirmed, confirm, expired, fresh_link, submission_of
from mailings.forms.versions import seen
from mailings.model import Form, Submission, SubmissionStatus
from mailings.tokens import Kind, Token
from web.door import AtDoor
from web.posted import Fields
from web.public.form_pages import Place

router = APIRouter()


@router.api_route("/s/{token}", methods=["GET", "HEAD"], response_model=None)
def look(token: str, request: Request, door: AtDoor) -> Response:
    """The page that asks; it changes nothing, for programs follow links too (D21)."""
    said = door.tokens.read(Kind.SUBMISSION, token)
    with door.database.reading() as session:
        place, submission = _place_of(session, request, said)
        waits = submission.status is SubmissionStatus.UNCONFIRMED
    if not waits:
        return place.thanks()
    if expired(said, door.settings):
        return _too_old(place)
    return place.door.pages.show("form-confirm", place.language, form=place.part.title)


@router.post("/s/{token}", response_model=None)
def act(token: str, request: Request, door: AtDoor, fields: Fields) -> Response:
    """Lets the submission count, committed before the answer (D31). An old link may ask for a fresh one."""
    said = door.tokens.read(Kind.SUBMISSION, token)
    if not ("confirm" in fields or "fresh" in fields):
        return look(token, request, door)
    with door.database.writing() as session:
        place, _ = _place_of(session, request, said)
        if "fresh" in fields:
            fresh_link(session, said, door.settings)
            return place.door.pages.show("fresh-link-sent", place.language)
        done = confirm(session, said, door.settings)
    return _too_old(place) if done is Confirmed.EXPIRED else place.thanks()


def _place_of(session: Session, request: Request, said: Token) -> tuple[Place, Submission]:
    submission = submission_of(session, said)
    if submission is None:
        raise NotFound("What this link is about is not here any more.")
    form = session.get_one(Form, submission.form_id)
    return Place(request, form.id, seen(session, form, submission.version), submission.version), submission


def _too_old(place: Place) -> Response:
    return place.door.pages.show("form-expired", place.language, minutes=place.door.settings.confirm_minutes)
