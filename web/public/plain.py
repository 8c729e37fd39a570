"""What machines ask of every web server: is it up, may it be indexed, its icon, and the files our pages need."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import PlainTextResponse, Response
from sqlalchemy import text

from mailings.errors import NotFound, Unreachable
from web.door import AtDoor

router = APIRouter()

FOREVER = {"Cache-Control": "public, max-age=31536000, immutable"}  # a file's name holds a hash of what is in it
A_DAY = {"Cache-Control": "public, max-age=86400"}


@router.api_route("/up", methods=["GET", "HEAD"])
def up(door: AtDoor) -> PlainTextResponse:
    """200 when the database answers and has its tables, 503 else: for whatever watches the door."""
    try:
        with door.database.reading() as session:
            session.execute(text("SELECT 1 FROM mailing LIMIT 1"))
    except Unreachable:
        return PlainTextResponse("The database cannot be used.\n", 503)
    return PlainTextResponse("up\n")


@router.api_route("/robots.txt", methods=["GET", "HEAD"])
def robots() -> PlainTextResponse:
    """Every address here is somebody's own: there is nothing to index."""
    return PlainTextResponse("User-agent: *\nDisallow: /\n", headers=A_DAY)


@router.api_route("/favicon.ico", methods=["GET", "HEAD"])
def icon() -> Response:
    """Browsers ask for it unasked; no answer would count as an address that leads nowhere."""
    return Response(status_code=204, headers=A_DAY)


@router.api_route("/static/{name}", methods=["GET", "HEAD"])
def static(name: str, door: AtDoor) -> Response:
    """A style or picture of our pages, from memory. Raises NotFound."""
    if name not in door.pages.static:
        raise NotFound(f"There is no file {name}.")
    content, kind = door.pages.static[name]
    return Response(content, media_type=kind, headers=FOREVER)
