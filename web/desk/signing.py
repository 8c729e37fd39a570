"""Signing in and out by password."""

from __future__ import annotations

import re
import secrets
from typing import Annotated, Any
from urllib.parse import unquote

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response

from mailings.staff import auditing, passwords, signing_in, trying
from web.desk.at import ANYBODY, AtDesk, known_of, pages_of
from web.desk.cookies import COOKIE, FORM, cookie_of, give, holds, sealed
from web.desk.gate import TooBusy, gate_of
from web.desk.words import say
from web.door import Door, door_of
from web.pages import language_of
from web.posted import Fields

router = APIRouter()

#: a page of ours and nothing else: one slash, and nothing that a browser reads as another
WITHIN = re.compile(r"/(?![/\\])[^\\\x00-\x20\x7f]*")
START = "/mailings"

To = Annotated[str, Query()]


def within(to: str) -> str:
    """The page of the desk that somebody was going to; the first one for whatever could lead anywhere else."""
    plain = unquote(unquote(to))
    safe = WITHIN.fullmatch(to) and WITHIN.fullmatch(plain.partition("?")[0]) and ".." not in plain.partition("?")[0]
    return to if safe and len(to) <= 2000 else START


@router.get("/sign-in", response_model=None)
def ask(request: Request, to: To = "") -> Response:
    """The page where one signs in; whoever is signed in already goes on."""
    if known_of(request) is not None:
        return RedirectResponse(pages_of(request).url(within(to)), 303)
    return asked(request, to)


@router.post("/sign-in", response_model=None)
async def sign_in(request: Request, fields: Fields) -> Response:
    """Try a name and a password. Every wrong combination is answered alike, and after the same work."""
    to, door = fields.first("to"), door_of(request)
    if not holds(door.settings, "form", request.cookies.get(cookie_of(door.settings, FORM), ""), fields.first("csrf")):
        return asked(request, to, "sign_in_again", 403)
    if wait := gate_of(request).wait(request):
        answer = asked(request, to, "sign_in_slowly", 429)
        answer.headers["Retry-After"] = str(int(wait) + 1)
        return answer
    old = request.cookies.get(cookie_of(door.settings), "")
    try:
        secret = await gate_of(request).slowly(lambda: _secret(door, fields.first("name"), fields.first("password"), old))
    except TooBusy:
        return asked(request, to, "sign_in_slowly", 503)
    return entered(request, secret, to) if secret else asked(request, to, "sign_in_wrong", 403, name=fields.first("name")[:100])


@router.post("/sign-out", response_model=None, tags=[ANYBODY])
def sign_out(desk: AtDesk) -> Response:
    """End it, here and in the database."""
    with desk.door.database.writing() as session:
        signing_in.end(session, desk.secret)
        auditing.record(session, desk.user.name, "sign out", f"user {desk.user.name}")
    answer = desk.moved_to("/sign-in")
    give(answer, desk.door.settings, COOKIE, "")
    return answer


def asked(request: Request, to: str, trouble: str = "", status: int = 200, **values: Any) -> Response:
    """The sign-in page. Its form brings a seal over a cookie along: nobody else's page can sign somebody in as another (login CSRF)."""
    settings, pages = door_of(request).settings, pages_of(request)
    mark = request.cookies.get(cookie_of(settings, FORM), "")[:100] or secrets.token_urlsafe(24)
    language = language_of(request, settings)
    shown = {
        "to": within(to),
        "csrf": sealed(settings, "form", mark),
        "oidc": settings.oidc_name if settings.oidc_issuer else "",
        "name": "",
    }
    trouble = say(trouble, language) if trouble else ""
    answer = pages.outside("signing/sign-in.html", language, status, **(shown | {"trouble": trouble} | values))
    give(answer, settings, FORM, mark)
    return answer


def entered(request: Request, secret: str, to: str) -> Response:
    """They are signed in: the cookie, and on to where they were going."""
    answer = RedirectResponse(pages_of(request).url(within(to)), 303)
    settings = door_of(request).settings
    give(answer, settings, COOKIE, secret)
    give(answer, settings, FORM, "")
    return answer


def _secret(door: Door, name: str, password: str, old: str) -> str:
    """The secret of a new sign-in, empty where the password does not hold. No transaction is open while argon2 works."""
    with door.database.writing() as session:
        tried = trying.begin(session, name)
    held = passwords.matches(tried.kept, password)
    anew = passwords.anew(tried.kept, password) if held else None
    with door.database.writing() as session:
        user = trying.passed(session, tried, anew) if held else None
        if user is None:
            trying.failed(session, tried)
            return ""
        signing_in.end(session, old)
        return signing_in.begin(session, user, door.settings.desk_idle)
