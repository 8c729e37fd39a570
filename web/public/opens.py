"""Opens: the pixel at the end of a message. Also whoever brings a token that does not hold gets the picture; only nothing is kept."""

from __future__ import annotations

from contextlib import suppress

from fastapi import APIRouter, Request
from fastapi.responses import Response

from mailings.errors import Untrusted
from mailings.reported import EventKind
from mailings.tokens import Kind
from web.door import AtDoor
from web.public.clicks import What, note

router = APIRouter()

#: a transparent GIF of one pixel, 43 bytes
PIXEL = bytes.fromhex("47494638396101000100800000000000ffffff21f90401000000002c00000000010001000002024401003b")
#: webmail is another site; shown once more, it is asked for once more
HEADERS = {"Cache-Control": "no-store, max-age=0", "Cross-Origin-Resource-Policy": "cross-origin"}


@router.api_route("/o/{token}", methods=["GET", "HEAD"], response_class=Response, response_model=None)
async def pixel(token: str, request: Request, door: AtDoor) -> Response:
    """An open: the same picture for everybody, for a broken one looks bad and tells a forger something."""
    with suppress(Untrusted):
        note(request, door, door.tokens.read(Kind.OPEN, token), What(EventKind.OPENED))
    return Response(PIXEL, media_type="image/gif", headers=HEADERS)
