"""The desk's own files: scripts and looks, kept by browsers for good."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from mailings.errors import NotFound
from web.desk.at import AtDesk, pages_of

router = APIRouter()

FOREVER = {"Cache-Control": "public, max-age=31536000, immutable"}  # a file's name holds a hash of what is in it


@router.api_route("/static/{name}", methods=["GET", "HEAD"])
def static(name: str, request: Request) -> Response:
    """A file, from memory. Raises NotFound."""
    files = pages_of(request).files
    if name not in files:
        raise NotFound(f"There is no file {name}.")
    content, kind = files[name]
    return Response(content, media_type=kind, headers=FOREVER)


@router.get("", response_model=None)
@router.get("/", response_model=None)
def start(desk: AtDesk) -> Response:
    """The desk begins with the mailings."""
    return RedirectResponse(desk.pages.url("/mailings"), 303)
