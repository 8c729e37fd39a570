"""The PDF of a document mailing and its list of addresses, to be saved; and one of what is printed so far."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter
from fastapi.responses import Response, StreamingResponse

from mailings.errors import NotAllowed, NotFound, Unreadable
from mailings.model import Mailing, MailingType
from mailings.sending.printing import letters_of, print_letters
from web.desk.at import AtDesk, Desk, path
from web.desk.heads import head_of

router = APIRouter()

PIECE = 256 * 1024  # bytes
KINDS = {".pdf": "application/pdf", ".csv": "text/csv; charset=utf-8"}


def printed_of(desk: Desk, mailing: Mailing) -> dict[str, Any] | None:
    """What a page shows of a document mailing's letters: its files, and what is wrong with them. None for other types."""
    if mailing.type is not MailingType.DOCUMENT:
        return None
    try:
        found = letters_of(mailing, desk.door.settings)
    except Unreadable as error:
        return {"files": [], "trouble": str(error)}
    files = [asdict(one) | {"size": _size(found.folder / one.pdf)} for one in found.files]
    return {"files": files, "trouble": ""}


@router.get("/mailings/{name}/letters/{file}", response_model=None)
def download(name: str, file: str, desk: AtDesk) -> Response:
    """One of the files that were made, piece by piece. Raises NotFound for every other name."""
    with desk.door.database.reading() as session:
        mailing, _ = head_of(session, name)
        found = letters_of(mailing, desk.door.settings)
    if file not in {made for one in found.files for made in (one.pdf, one.csv)}:
        raise NotFound(f"There is no file {file} among the letters of {name}.")
    there = found.folder / file
    try:
        size = there.stat().st_size
    except OSError as error:
        raise NotFound(f"{file} is not in the folder of documents any more; print the letters again.") from error
    saved = f"attachment; filename*=UTF-8''{quote(file, safe='')}"
    headers = {"Content-Disposition": saved, "Content-Length": str(size), "Cache-Control": "no-store"}
    return StreamingResponse(_pieces(there), media_type=KINDS[there.suffix], headers=headers)


@router.post("/mailings/{name}/letters", response_model=None)
def bind(name: str, desk: AtDesk) -> Response:
    """One more PDF of what is printed and in none yet: of a mailing that was paused or cancelled on the way."""
    try:
        found = print_letters(desk.door.database, name, desk.door.settings)
    except NotAllowed as error:
        raise NotFound(str(error)) from error
    with desk.changing("bind letters", f"mailing {name}", letters=found.fresh.letters if found.fresh else 0):
        pass
    note = "letters_bound" if found.fresh else "letters_nothing_new"
    return desk.moved_to(path("mailings", name), note)


def _size(file: Path) -> int | None:
    """In bytes; None where it was taken away."""
    try:
        return file.stat().st_size
    except OSError:
        return None


def _pieces(file: Path) -> Iterator[bytes]:
    with file.open("rb") as content:
        while piece := content.read(PIECE):
            yield piece
