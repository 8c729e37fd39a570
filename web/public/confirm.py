"""Confirming a sign-up: the link in a message shows a page, its button gives the consent; half an hour later it offers a fresh one."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response
from sqlalchemy.orm import Session

from mailings import clock
from mailings.consent.giving import give
from mailings.errors import Untrusted
from mailings.model import Basis
from mailings.reported import EventKind
from mailings.sending.form_responses.system_messages import queue_system_message
from mailings.settings import Settings
from mailings.tokens import Kind, Token
from web.door import AtDoor
from web.posted import Fields
from web.whose import Whose, whose_is

router = APIRouter()

SOURCE = "Confirmed sign-up"
MINUTE = 60  # seconds


@router.api_route("/y/{token}", methods=["GET", "HEAD"], response_model=None)
def look(token: str, request: Request, door: AtDoor) -> Response:
    """The page that asks; it changes nothing, for programs follow links too (D21)."""
    said = door.tokens.read(Kind.CONFIRM, token)
    with door.database.reading() as session:
        whose = _person_of(session, request, said)
        return _too_old(whose) if expired(door.settings, said.minute) else whose.show("confirm", topics=(), picker=True)


@router.post("/y/{token}", response_model=None)
def confirm(token: str, request: Request, door: AtDoor, fields: Fields) -> Response:
    """Gives the consent, committed before the answer (D31); pressed again nothing more is written. An old link may ask for a fresh one."""
    said = door.tokens.read(Kind.CONFIRM, token)
    if not ("confirm" in fields or "fresh" in fields):
        return look(token, request, door)
    with door.database.writing() as session:
        whose = _person_of(session, request, said)
        if "fresh" in fields:
            return _fresh(session, whose)
        return _too_old(whose) if expired(door.settings, said.minute) else _confirmed(session, whose)


def expired(settings: Settings, minute: int | None) -> bool:
    """True for a link of that minute when it is older than it holds; in the last minute it still does (domain.md J.4)."""
    return minute is None or int(clock.timestamp() // MINUTE) - minute > settings.confirm_minutes


def _person_of(session: Session, request: Request, said: Token) -> Whose:
    whose = whose_is(session, request, said)
    if not whose.personal:
        raise Untrusted("Only a person can sign up.")
    return whose


def _confirmed(session: Session, whose: Whose) -> Response:
    reader = whose.reader
    if reader is not None and reader.person is not None and reader.counts and give(session, reader.person.id, Basis.CONSENT, SOURCE):
        whose.keep(session, EventKind.PREFERENCES)
    return whose.show("confirmed", topics=())


def _fresh(session: Session, whose: Whose) -> Response:
    """The same answer for everybody, so that nobody learns who may be written to."""
    reader = whose.reader
    if reader is not None and reader.person is not None and reader.counts:
        queue_system_message(session, "confirm-sign-up", reader.person.id, whose.door.settings)
    return whose.show("fresh-link-sent")


def _too_old(whose: Whose) -> Response:
    return whose.show("confirm-expired", minutes=whose.door.settings.confirm_minutes, picker=True)
