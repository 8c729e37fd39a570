"""What everybody at the desk may decide about themselves: their password, and the language they read."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from mailings.errors import NotAllowed
from mailings.model import User
from mailings.staff import auditing, passwords, signing_in, trying, users
from web.desk.at import ANYBODY, AtDesk, Desk
from web.pages.words import LANGUAGES, OWN_NAMES

router = APIRouter()


@router.get("/me")
def me(desk: AtDesk) -> Response:
    """Who they are here, and what they may do."""
    return _shown(desk)


@router.post("/me/language", tags=[ANYBODY])
def language(desk: AtDesk) -> Response:
    """The language of the desk for them; empty = their browser's."""
    chosen = desk.fields.first("language")
    with desk.door.database.writing() as session:
        session.get_one(User, desk.user.id).language = chosen if chosen in LANGUAGES else ""
    return desk.moved_to("/me", "me_saved")


@router.post("/me/password", tags=[ANYBODY])
def password(desk: AtDesk) -> Response:
    """Another password, for who knows the present one. Other browsers are signed out."""
    wanted = desk.fields.first("wanted")
    if wanted != desk.fields.first("again"):
        return _shown(desk, 409, trouble=desk.say("me_not_alike"))
    try:
        passwords.must_be_sound(wanted, desk.user.name)
        _change(desk, wanted)
    except NotAllowed as error:
        return _shown(desk, 409, trouble=str(error))
    return desk.moved_to("/me", "me_password_changed")


@router.post("/me/sign-out-elsewhere", tags=[ANYBODY])
def sign_out_elsewhere(desk: AtDesk) -> Response:
    """Sign out every other browser of theirs."""
    with desk.door.database.writing() as session:
        signing_in.end_all(session, desk.user.id, but=desk.secret)
        auditing.record(session, desk.user.name, "sign out elsewhere", f"user {desk.user.name}")
    return desk.moved_to("/me", "me_alone")


def _change(desk: Desk, wanted: str) -> None:
    database, present = desk.door.database, desk.fields.first("present")
    with database.writing() as session:
        tried = trying.begin(session, desk.user.name)  # a browser left open is no place to guess passwords at either
    held = passwords.matches(tried.kept, present)
    hashed = passwords.hashed(wanted) if held else None
    with database.writing() as session:
        user = trying.passed(session, tried, what="change password") if hashed else None
        if user is None or hashed is None:
            trying.failed(session, tried)
        else:
            users.set_password(session, user, hashed, but=desk.secret)
    if user is None:
        raise NotAllowed(desk.say("me_wrong_password"))


def _shown(desk: Desk, status: int = 200, **more: Any) -> Response:
    with desk.door.database.reading() as session:
        user = session.get_one(User, desk.user.id)
        one, chosen, has_password = users.document(user), user.language, user.password_hash is not None
    told = {"one": one, "chosen": chosen, "has_password": has_password, "names": OWN_NAMES, "trouble": ""} | more
    return desk.show("users/me.html", status, **told)
