"""A list imported by upload: rows and errors shown first, the basis of consent asked, then taken in (domain.md D1)."""

from __future__ import annotations

from pathlib import PurePath

from fastapi import APIRouter
from fastapi.responses import Response
from sqlalchemy import select

from mailings.errors import Unreadable
from mailings.model import Basis, Selection, SelectionKind
from mailings.people.importing import ImportOptions
from mailings.people.report import Spoken
from mailings.people.uploading import keep, look_over, pending, take_in
from web.desk.at import AtDesk, path

router = APIRouter()

BASES = [basis for basis in Basis if basis is not Basis.WITHDRAWN]


@router.get("/import", response_model=None)
def importing(desk: AtDesk) -> Response:
    """The form for a file; below it the list that waits, or what became of the last."""
    with desk.door.database.reading() as session:
        upload = pending(session, desk.user.id)
        static = select(Selection.name).where(Selection.kind == SelectionKind.STATIC).order_by(Selection.name).limit(500)
        spoken = Spoken(desk.language)
        return desk.show(
            "importing/page.html",
            upload=upload,
            told=upload.told if upload else {},
            bases=BASES,
            selections=list(session.scalars(static)),
            word=spoken.plain,
            column=lambda name: spoken.word("names", name),
        )


@router.post("/import", response_model=None)
def look(desk: AtDesk) -> Response:
    """A file brought: kept, and looked over; nobody is changed."""
    file = desk.fields.file("file")
    if file is None or not file.content:
        raise Unreadable(desk.say("import_no_file"))
    with desk.changing("look over a list") as session:
        upload = keep(session, desk.user.id, PurePath(file.name).name, file.content)
        look_over(session, upload, desk.door.settings)
    return desk.moved_to(path("import"), "import_looked_over")


@router.post("/import/take", response_model=None)
def take(desk: AtDesk) -> Response:
    """The list that waits, taken in."""
    basis, selection = desk.fields.first("basis"), desk.fields.first("selection").strip()[:200]
    if basis and basis not in BASES:
        raise Unreadable(desk.say("person_which_basis"))
    if basis and "held" not in desk.fields:
        raise Unreadable(desk.say("import_must_hold"))
    options = ImportOptions(Basis(basis) if basis else None, desk.fields.first("unknown") != "skip", selection or None)
    with desk.changing("import a list", basis=basis, unknown="keep" if options.keep_unknown else "skip") as session:
        told = take_in(session, desk.user.id, options, desk.door.settings)
    return desk.moved_to(path("import"), "import_taken", n=told["created"] + told["matched"])
