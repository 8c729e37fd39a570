"""From error to answer at the desk: its own page with the sentence, a notice on the page that asked, or the page where one signs in."""

from __future__ import annotations

from http import HTTPStatus
from urllib.parse import urlsplit

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy.exc import DataError
from starlette.exceptions import HTTPException

from mailings.errors import MailingsError, NotAllowed, NotFound, TransportError, Unreachable, Unreadable, Untrusted
from web import answers
from web.desk.at import Desk, Forbidden, SignedOut, desk_of, pages_of, path
from web.desk.threshold import is_desk
from web.desk.words import say
from web.door import door_of
from web.pages import language_of
from web.posted import Posted

#: the first class that fits decides
STATUSES: list[tuple[type[Exception], int]] = [
    (Forbidden, HTTPStatus.FORBIDDEN),
    (NotFound, HTTPStatus.NOT_FOUND),
    (RequestValidationError, HTTPStatus.NOT_FOUND),
    (OverflowError, HTTPStatus.NOT_FOUND),  # a number no row can have, asked for in an address
    (DataError, HTTPStatus.NOT_FOUND),
    (Untrusted, HTTPStatus.FORBIDDEN),
    (Unreadable, HTTPStatus.BAD_REQUEST),
    (NotAllowed, HTTPStatus.CONFLICT),
    (Unreachable, HTTPStatus.SERVICE_UNAVAILABLE),
    (TransportError, HTTPStatus.BAD_GATEWAY),
]
#: pages whoever is not signed in may see: an error there must not lead to them again
OPEN = ("/desk/sign-in", "/desk/static/")
#: what is said where an error has no sentence of its own
SAID = {404: "not_there", 403: "not_allowed", 413: "too_large", 429: "too_often", 500: "broke", 503: "busy"}


def answer_errors(app: FastAPI) -> None:
    """Let every error of a page of the desk be answered there, and every other as before."""
    for kind in (MailingsError, RequestValidationError, HTTPException):
        app.add_exception_handler(kind, answer_to)
    for odd in (OverflowError, DataError):
        app.add_exception_handler(odd, answer_to_odd)


async def answer_to(request: Request, error: Exception) -> Response:
    """The answer to an error, whichever side of the door it happened on."""
    if not is_desk(request.url.path):
        return await answers.answer_to(request, error)
    if isinstance(error, SignedOut):
        return _sign_in(request)
    return _said(request, error)


async def answer_to_odd(request: Request, error: Exception) -> Response:
    """A number that no row can have is an address that leads nowhere; elsewhere it is a mistake of ours."""
    if not is_desk(request.url.path):
        raise error
    return _said(request, error)


def refusal(request: Request, status: int, reference: str = "") -> Response:
    """A page of the desk for what the guard refuses before anybody looks who asks: too often, too large, broken."""
    language = language_of(request, door_of(request).settings)
    sentence = say(SAID.get(status, "did_not_work"), language)
    return _shown(request, status, f"{sentence} {reference}".strip())


def _sign_in(request: Request) -> Response:
    pages, by_htmx = pages_of(request), request.headers.get("hx-request")
    page = urlsplit(request.headers.get("hx-current-url", "") if by_htmx else str(request.url))  # where they are, not a part of that page
    back = page.path.partition("/desk")[2] if by_htmx or request.method == "GET" else ""
    address = pages.url(path("sign-in", to=back + (f"?{page.query}" if back and page.query else "")))
    return Response(status_code=204, headers={"HX-Redirect": address}) if by_htmx else RedirectResponse(address, 303)


def _said(request: Request, error: Exception) -> Response:
    status = int(error.status_code if isinstance(error, HTTPException) else _status(error))
    status = 404 if status in (405, 422) else status  # a wrong method, too, is an address that leads nowhere
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        answers.tell_once(error)
        return refusal(request, status)
    desk = _desk(request)
    if desk is None and not request.url.path.startswith(OPEN):
        return _sign_in(request)
    language = desk.language if desk else language_of(request, door_of(request).settings)
    sentence = str(error) if isinstance(error, MailingsError) else say(SAID.get(status, "did_not_work"), language)
    if desk is None or request.headers.get("hx-request"):
        return _shown(request, status, sentence)
    return desk.show("trouble.html", status, sentence=sentence)


def _shown(request: Request, status: int, sentence: str) -> HTMLResponse:
    """The sentence as a page; asked by htmx, as a notice on the page that is there: nothing on it is lost."""
    pages, language = pages_of(request), language_of(request, door_of(request).settings)
    if not request.headers.get("hx-request"):
        return pages.outside("outside-trouble.html", language, status, sentence=sentence)
    notice = pages.outside("notice.html", language, status, sentence=sentence)
    notice.headers.update({"HX-Retarget": "#notice", "HX-Reswap": "innerHTML show:top", "HX-Push-Url": "false"})
    return notice


def _status(error: Exception) -> int:
    return next((status for kind, status in STATUSES if isinstance(error, kind)), HTTPStatus.INTERNAL_SERVER_ERROR)


def _desk(request: Request) -> Desk | None:
    """Who asked, for the page that says what went wrong; None where that cannot be known."""
    try:
        return desk_of(request, Posted())
    except MailingsError:
        return None
