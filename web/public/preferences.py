"""The preferences page: what a person wants from us, shown and changed by whoever has the link, for 21 days (domain.md F.1, F.2)."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response
from sqlalchemy.orm import Session

from mailings import clock
from mailings.consent.topics import topics
from mailings.reported import EventKind
from mailings.sending.form_responses.system_messages import queue_system_message
from mailings.settings import Settings
from mailings.tokens import Kind
from mailings.tracking.preferences import Preferences, Wish, change, preferences_of
from web.door import AtDoor
from web.pages import LANGUAGES
from web.posted import Fields, Posted
from web.whose import DAY, Whose, whose_is

router = APIRouter()


@router.api_route("/p/{token}", methods=["GET", "HEAD"], response_model=None)
def look(token: str, request: Request, door: AtDoor) -> Response:
    """The page as things stand. An old link offers a fresh one; where there is no person there is only the way to unsubscribe."""
    said = door.tokens.read(Kind.PREFERENCES, token)
    with door.database.reading() as session:
        whose = whose_is(session, request, said)
        if not whose.personal:
            return whose.show("address", address=whose.address, action=whose.to_unsubscribe, picker=True)
        return _too_old(whose) if expired(door.settings, said.day) else preferences(session, whose)


@router.post("/p/{token}", response_model=None)
def save(token: str, request: Request, door: AtDoor, fields: Fields) -> Response:
    """Writes what was changed on the page, committed before the answer (D31), and says how things stand now."""
    said = door.tokens.read(Kind.PREFERENCES, token)
    if not ("save" in fields or "fresh" in fields):
        return look(token, request, door)
    with door.database.writing() as session:
        whose = whose_is(session, request, said)
        if "fresh" in fields:
            return _fresh(session, whose)
        if expired(door.settings, said.day) or not whose.personal:
            return _too_old(whose)
        return _saved(session, whose, fields)


def expired(settings: Settings, day: int | None) -> bool:
    """True for a link of that day when it is older than the days it holds; on the last of them it still does (test vector h)."""
    return day is None or int(clock.timestamp() // DAY) - day > settings.preferences_days


def preferences(session: Session, whose: Whose, *, leaving: bool = False) -> Response:
    """The page with what is in force. `leaving` = opened to unsubscribe, so a button for no e-mail at all comes first."""
    asked, language = whose.request.query_params.get("lang", ""), whose.language
    now = _standing(session, whose)
    return whose.show(
        "preferences",
        name=whose.name,
        address=whose.address,
        consent=now.consent,
        topics=[{"id": topic.id, "name": topic.name, "description": topic.description, "taken": taken} for topic, taken in now.topics],
        remember=language == asked and language != whose.known,
        leaving=leaving,
        action=whose.to_preferences if leaving else "",
        picker=True,
    )


def _saved(session: Session, whose: Whose, fields: Posted) -> Response:
    changed = whose.reader is not None and change(session, whose.reader, _wish(fields), whose.door.settings)
    if changed:
        whose.keep(session, EventKind.PREFERENCES)
    now = _standing(session, whose)
    taken = [topic.name for topic, is_taken in now.topics if is_taken]
    return whose.show("saved", changed=changed, consent=now.consent, taken=taken, topics=bool(now.topics))


def _wish(fields: Posted) -> Wish:
    """Only what differs from what the page showed: an old page must not undo what was changed elsewhere since."""
    consent, ticked, language = "consent" in fields, fields.numbers("topic"), fields.first("language")
    refused, taken = fields.numbers("was_taken") - ticked, fields.numbers("was_refused") & ticked
    differs = fields.first("was_consent") == ("off" if consent else "on")
    return Wish(
        consent if differs else None,
        dict.fromkeys(refused, False) | dict.fromkeys(taken, True),
        language if language in LANGUAGES else None,
    )


def _fresh(session: Session, whose: Whose) -> Response:
    """The same answer for everybody, so that nobody learns who may be written to."""
    if whose.reader is not None and whose.reader.person is not None and whose.reader.counts:
        queue_system_message(session, "preferences-link", whose.reader.person.id, whose.door.settings)
    return whose.show("fresh-link-sent")


def _too_old(whose: Whose) -> Response:
    return whose.show("expired", days=whose.door.settings.preferences_days, unsubscribe=whose.to_unsubscribe, picker=True)


def _standing(session: Session, whose: Whose) -> Preferences:
    if whose.reader is None or whose.reader.person is None:
        return Preferences(True, [(topic, True) for topic in topics(session)])
    return preferences_of(session, whose.reader.person.id, whose.door.settings)
