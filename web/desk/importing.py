"""A list imported by upload: rows and errors shown first, the basis of consent asked, then taken in (domain.md D1)."""

from __future__ import annotations

import time
from pathlib import PurePath
from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response
from sqlalchemy import select

from mailings.errors import Unreadable
from mailings.model import Basis, Selection, SelectionKind
from mailings.people.foreseeing import Foresight
from mailings.people.importing import COUNTS, Import, ImportOptions, portions
from mailings.people.report import Spoken
from mailings.people.uploading import Taking, begin, foreseen, keep, opened, pending, sample
from web.desk.at import AtDesk, Desk, path

router = APIRouter()

#: seconds between two portions. SQLite lets a waiting writer look again every 100 ms: with less, one could miss its turn for a minute
PAUSE = 0.12
BASES = [basis for basis in Basis if basis is not Basis.WITHDRAWN]


@router.get("/import", response_model=None)
def importing(desk: AtDesk) -> Response:
    """The form for a file; below it the list that waits, or what became of the last."""
    return _page(desk)


def _page(desk: Desk, refused: str = "") -> Response:
    """The page; where something was refused with the sentence beside the form, and what they had filled in still in it."""
    filled = {field: desk.fields.first(field) for field in ("basis", "held", "selection", "unknown")}
    with desk.door.database.reading() as session:
        upload = pending(session, desk.user.id)
        static = select(Selection.name).where(Selection.kind == SelectionKind.STATIC).order_by(Selection.name).limit(500)
        spoken = Spoken(desk.language)
        return desk.show(
            "importing/page.html",
            400 if refused else 200,
            refused=refused,
            filled=filled,
            upload=upload,
            told=upload.told if upload else {},
            bases=BASES,
            selections=list(session.scalars(static)),
            word=spoken.plain,
            column=lambda name: spoken.word("names", name),
        )


@router.post("/import", response_model=None)
def look(desk: AtDesk) -> Response:
    """A file brought: looked over, and kept; nobody is changed, and nobody waits for it."""
    file = desk.fields.file("file")
    if file is None or not file.content:
        raise Unreadable(desk.say("import_no_file"))
    name = PurePath(file.name).name
    told = _looked_over(desk, name, file.content)
    seen = {"file": PurePath(name).suffix.lower().lstrip(".")[:5], **{count: told[count] for count in COUNTS}}
    with desk.changing("look over a list", "", seen) as session:
        keep(session, desk.user.id, (name, file.content), told)
    return desk.moved_to(path("import"), "import_looked_over")


@router.post("/import/take", response_model=None)
def take(desk: AtDesk) -> Response:
    """The list that waits, taken in. Stopped on the way it stays; taken in again, nobody comes twice."""
    basis, selection = desk.fields.first("basis"), desk.fields.first("selection").strip()[:200]
    if basis and basis not in BASES:
        return _page(desk, desk.say("person_which_basis"))
    if basis and "held" not in desk.fields:
        return _page(desk, desk.say("import_must_hold"))
    options = ImportOptions(Basis(basis) if basis else None, desk.fields.first("unknown") != "skip", selection or None)
    with desk.changing("begin to import a list", "", options.told()) as session:
        taking = begin(session, desk.user.id, options)
    told = _taken_in(desk, taking)
    return desk.moved_to(path("import"), "import_taken", n=told["created"] + told["matched"])


def _looked_over(desk: Desk, name: str, content: bytes) -> dict[str, Any]:
    with opened(name, content, desk.door.settings) as read:
        rows, seen = sample(read), Foresight(read)
        for portion in portions(read):
            with desk.door.database.reading() as session:
                seen.look(session, portion)
        return foreseen(seen, rows)


def _taken_in(desk: Desk, taking: Taking) -> dict[str, Any]:
    """A transaction for each portion; none is open while the file is read."""
    database = desk.door.database
    with opened(taking.name, taking.data, desk.door.settings) as read:
        running = Import(read, taking.options)
        for portion in portions(read):
            with database.writing() as session:
                taking.take(session, running, portion)
            if database.sqlite:
                time.sleep(PAUSE)
        came = taking.options.told()
        with desk.changing("import a list", "", came) as session:
            ended = taking.end(session, running)
            came |= {count: ended[count] for count in COUNTS}
        return ended
