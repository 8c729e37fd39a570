"""What providers report, at /hooks/NAME: answered with 204 when every report is durable, else so that they ask again where that helps."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus

from fastapi import APIRouter, Request, Response

from mailings.errors import NotFound, Unreachable, Untrusted
from mailings.plugins import transport_class, transport_names
from mailings.reported import Hook
from mailings.tracking.absorb import absorb
from web.answers import QUIET, Answer, page
from web.door import AtDoor, Door

router = APIRouter()

ATTEMPTS = 3  # where PostgreSQL ended one of two that waited for each other
PATIENCE = 5.0  # seconds; a provider hangs up after ten (sendgrid.md 5)
#: of its own, so that a burst of reports never keeps a reader waiting for a thread
_threads = ThreadPoolExecutor(4, thread_name_prefix="hooks")


@router.post("/hooks/{name}", status_code=HTTPStatus.NO_CONTENT)
async def take_reports(name: str, request: Request, door: AtDoor) -> Response:
    """Take in what the provider reports.

    403 where the signature does not hold, 400 for a body that is none of the provider's, 503 while there is no key to check with or the
    database does not answer: then the provider asks again, for a day.
    """
    hook = Hook(_public(request, door), dict(request.headers), await request.body())
    try:
        thanks = await asyncio.get_running_loop().run_in_executor(_threads, _take, door, name, hook)
    except Untrusted:
        return page(request, Answer(HTTPStatus.FORBIDDEN, QUIET.page), "The signature does not hold.")
    if thanks is None:
        return Response(status_code=HTTPStatus.NO_CONTENT)
    return Response(thanks[1], media_type=thanks[0])


def _public(request: Request, door: Door) -> str:
    """The address that was asked for as strangers know it: a proxy in front of us has another one."""
    query = f"?{request.url.query}" if request.url.query else ""
    return f"{door.settings.public_url.rstrip('/')}{request.url.path}{query}"


def _take(door: Door, name: str, hook: Hook) -> tuple[str, str] | None:
    """Read and keep the reports in one transaction; what they are answered with.

    Raises NotFound, Untrusted, Unreadable, Misconfigured, Unreachable.
    """
    if name not in transport_names() or not transport_class(name).reporting:
        raise NotFound("Nothing reports here.")
    reports = transport_class(name).reports(hook)
    until = time.monotonic() + PATIENCE
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with door.database.writing() as session:
                absorb(session, reports, name, door.settings)
        except Unreachable:
            if attempt == ATTEMPTS or time.monotonic() > until:
                raise
            time.sleep(0.2 * attempt)
        else:
            break
    return transport_class(name).thanks
