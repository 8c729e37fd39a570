"""The one table from error to answer. Whatever does not lead anywhere leads to the same quiet page."""

from __future__ import annotations

import logging
import time
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse, Response

from mailings.errors import MailingsError, NotAllowed, NotFound, TransportError, Unreachable, Unreadable, Untrusted
from web.door import Door
from web.pages import language_of

logger = logging.getLogger("mailings.web")

TRY_AGAIN = "60"  # seconds
HOOKS = "/hooks/"  # where machines report: they log what they are answered, and no page of ours fits in there
SILENCE = 60.0  # seconds between two lines about the same trouble: an outage must not fill the disk


@dataclass(frozen=True)
class Answer:
    """A status and a page. `says` = the page shows the error's own sentence."""

    status: int
    page: str
    says: bool = False


QUIET = Answer(HTTPStatus.NOT_FOUND, "quiet")
BUSY = Answer(HTTPStatus.SERVICE_UNAVAILABLE, "busy")
BROKEN = Answer(HTTPStatus.INTERNAL_SERVER_ERROR, "trouble")

#: the first class that fits decides
ANSWERS: list[tuple[type[Exception], Answer]] = [
    (Untrusted, QUIET),
    (NotFound, QUIET),
    (RequestValidationError, QUIET),  # its own page would show what was asked, and which of it was nearly right
    (Unreadable, Answer(HTTPStatus.BAD_REQUEST, "trouble", says=True)),
    (NotAllowed, Answer(HTTPStatus.CONFLICT, "trouble", says=True)),
    (Unreachable, BUSY),
    (TransportError, BUSY),  # a key that is missing, for one: whoever asks cannot mend it
]

_told: dict[str, float] = {}


def answer_errors(app: FastAPI) -> None:
    """Let every error that a page raises be answered by the table."""
    for kind in (MailingsError, RequestValidationError, HTTPException):
        app.add_exception_handler(kind, answer_to)


async def answer_to(request: Request, error: Exception) -> Response:
    """The answer to an error: the quiet page, or one that says what can be done."""
    found = of_status(error.status_code) if isinstance(error, HTTPException) else _in_table(error)
    if found is BUSY:
        tell_once(error)
    return page(request, found, str(error) if found.says else "")


def of_status(status: int) -> Answer:
    """What is shown for a bare status: an unknown address and a wrong method look like a token that does not hold."""
    if status in (HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED, HTTPStatus.UNPROCESSABLE_ENTITY):
        return QUIET
    return Answer(status, "trouble") if status < HTTPStatus.INTERNAL_SERVER_ERROR else BUSY


def page(request: Request, answer: Answer, sentence: str = "") -> Response:
    """The page of an answer in the language the browser asks for; never in that of the person behind a token. Providers get a line."""
    if request.url.path.startswith(HOOKS):
        return _later(PlainTextResponse(f"{sentence or HTTPStatus(answer.status).phrase}\n", answer.status))
    door: Door = request.app.state.door
    values = {"sentence": sentence} if answer.page == "trouble" else {}
    return _later(door.pages.show(answer.page, language_of(request, door.settings), answer.status, **values))


def _later(answer: Response) -> Response:
    if answer.status_code == HTTPStatus.SERVICE_UNAVAILABLE:
        answer.headers["Retry-After"] = TRY_AGAIN
    return answer


def frames(error: BaseException) -> Iterator[str]:
    """Where an error came from, without what it says: in that may stand a token, an address, the values of a statement."""
    for frame in traceback.extract_tb(error.__traceback__):
        yield f"{frame.filename}:{frame.lineno} in {frame.name}"


def _in_table(error: Exception) -> Answer:
    return next((answer for kind, answer in ANSWERS if isinstance(error, kind)), BROKEN)


def tell_once(error: Exception) -> None:
    """A line in the log about trouble that passes, now and then."""
    kind, now = type(error).__name__, time.monotonic()
    if now - _told.get(kind, -SILENCE) >= SILENCE:
        _told[kind] = now
        said = str(error).splitlines()[0] if isinstance(error, MailingsError) and str(error) else kind
        logger.warning("Readers are asked to try again in a minute: %s", said)
