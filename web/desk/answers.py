"""From error to answer at the desk: its own page with the sentence, or the page where one signs in."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse, Response
from starlette.exceptions import HTTPException

from mailings.errors import MailingsError, NotAllowed, NotFound, TransportError, Unreachable, Unreadable, Untrusted
from web import answers
from web.desk.at import Desk, Forbidden, SignedOut, at_desk, pages_of, path
from web.posted import Posted

#: the first class that fits decides
STATUSES: list[tuple[type[Exception], int]] = [
    (Forbidden, HTTPStatus.FORBIDDEN),
    (NotFound, HTTPStatus.NOT_FOUND),
    (RequestValidationError, HTTPStatus.NOT_FOUND),
    (Untrusted, HTTPStatus.FORBIDDEN),
    (Unreadable, HTTPStatus.BAD_REQUEST),
    (NotAllowed, HTTPStatus.CONFLICT),
    (Unreachable, HTTPStatus.SERVICE_UNAVAILABLE),
    (TransportError, HTTPStatus.BAD_GATEWAY),
]


def answer_errors(app: FastAPI) -> None:
    """Let every error of a page of the desk be answered there, and every other as before."""
    for kind in (MailingsError, RequestValidationError, HTTPException):
        app.add_exception_handler(kind, answer_to)


async def answer_to(request: Request, error: Exception) -> Response:
    """The answer to an error, whichever side of the door it happened on."""
    if not request.url.path.startswith("/desk"):
        return await answers.answer_to(request, error)
    if isinstance(error, SignedOut):
        return _sign_in(request)
    return await _said(request, error)


def _sign_in(request: Request) -> Response:
    pages = pages_of(request)
    back = request.url.path.removeprefix("/desk") if request.method == "GET" else ""
    address = pages.url(path("sign-in", to=back + (f"?{request.url.query}" if back and request.url.query else "")))
    if request.headers.get("hx-request"):
        return Response(status_code=204, headers={"HX-Redirect": address})
    return RedirectResponse(address, 303)


async def _said(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else _status(error)
    sentence = str(error) if isinstance(error, MailingsError) else HTTPStatus(status).phrase
    desk = _desk(request)
    if desk is None:
        return await answers.answer_to(request, error)
    return desk.show("trouble.html", status, sentence=sentence)


def _status(error: Exception) -> int:
    return next((status for kind, status in STATUSES if isinstance(error, kind)), HTTPStatus.INTERNAL_SERVER_ERROR)


def _desk(request: Request) -> Desk | None:
    """Who asked, for the page that says what went wrong; None where that cannot be known."""
    scope = {**request.scope, "method": "GET"}  # what was posted may be what is wrong
    try:
        return at_desk(Request(scope), Posted())
    except MailingsError:
        return None
