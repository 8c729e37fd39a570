"""Unsubscribing: a page that asks and changes nothing, its button, and the one click of mail programs (RFC 8058). Never expires (D21)."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse, Response
from sqlalchemy.orm import Session

from mailings.reported import EventKind
from mailings.tokens import Kind
from mailings.tracking.leaving import ONE_CLICK, PAGE, can_come_back, come_back, leave
from mailings.tracking.preferences import left
from web.door import AtDoor
from web.posted import Fields
from web.public.preferences import expired, preferences
from web.whose import Whose, whose_is

router = APIRouter()


@router.api_route("/u/{token}", methods=["GET", "HEAD"], response_model=None)
def ask(token: str, request: Request, door: AtDoor) -> Response:
    """The page that asks, or says that it is done already.

    Without a topic it is the preferences page, with a button for no e-mail at all (D13).
    """
    said = door.tokens.read(Kind.UNSUBSCRIBE, token)
    with door.database.reading() as session:
        whose = whose_is(session, request, said)
        if whose.reader is not None and (what := left(session, whose.reader)):
            return _done(session, whose, everything=what == "all")
        if not whose.personal:
            return whose.show("address", address=whose.address, picker=True)
        if whose.topic is None and not expired(door.settings, whose.day):
            return preferences(session, whose, leaving=True)
        return whose.show("unsubscribe", topic=whose.topic, preferences=whose.to_preferences, picker=True)


@router.post("/u/{token}", response_model=None)
def act(token: str, request: Request, door: AtDoor, fields: Fields) -> Response:
    """Unsubscribes, or takes that back. Committed before the answer (D31); a post that asks for neither changes nothing."""
    said = door.tokens.read(Kind.UNSUBSCRIBE, token)
    one_click = fields.first("List-Unsubscribe").lower() == "one-click"
    if not one_click and "confirm" not in fields and "undo" not in fields:
        return ask(token, request, door)
    with door.database.writing() as session:
        whose = whose_is(session, request, said)
        if one_click:
            _leave(session, whose, ONE_CLICK)
            return PlainTextResponse("unsubscribed\n")
        return _left(session, whose) if "confirm" in fields else _back(session, whose)


def _leave(session: Session, whose: Whose, source: str) -> None:
    if whose.reader is not None:
        leave(session, whose.reader, source)
        whose.keep(session, EventKind.UNSUBSCRIBED)


def _left(session: Session, whose: Whose) -> Response:
    _leave(session, whose, PAGE)
    return _done(session, whose)


def _done(session: Session, whose: Whose, *, everything: bool = False) -> Response:
    """That it is done, with the way back. Who refused everything does not come back by the topic of one mailing."""
    about = _about(whose)
    other = everything and about["topic"] is not None
    undo = not other and whose.reader is not None and can_come_back(session, whose.reader)
    return whose.show("unsubscribed", undo=undo, **about | ({"topic": None} if other else {}))


def _back(session: Session, whose: Whose) -> Response:
    if whose.reader is None or not come_back(session, whose.reader):
        return whose.show("too-late", preferences=whose.to_preferences)
    whose.keep(session, EventKind.RESUBSCRIBED)
    return whose.show("undone", **_about(whose))


def _about(whose: Whose) -> dict[str, str | None]:
    """What the page names: the topic, or the address where no person stands behind it."""
    if whose.personal:
        return {"topic": whose.topic, "address": "", "preferences": whose.to_preferences}
    return {"topic": None, "address": whose.address, "preferences": ""}
