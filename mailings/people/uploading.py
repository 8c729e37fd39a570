"""A list somebody uploads: kept for a while, looked over without changing anybody, then taken in once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from mailings import clock
from mailings.errors import NotFound
from mailings.model import Upload
from mailings.people.importing import ImportOptions, import_people
from mailings.people.listed import ReadList
from mailings.people.lists import read_list
from mailings.settings import Settings

SHOWN = 200  # wrong rows that are kept to be shown; the counts are of all
FIRST = 5  # rows shown as they were read


def keep(session: Session, user_id: int, name: str, data: bytes) -> Upload:
    """Keep the file in the place of the user's last one. Only it is kept: whatever it holds, a user has one at a time."""
    session.execute(delete(Upload).where(Upload.user_id == user_id))
    made = Upload(user_id=user_id, name=name, data=data, told={}, created_at=clock.now())
    session.add(made)
    session.flush()
    return made


def pending(session: Session, user_id: int) -> Upload | None:
    """The user's list, looked over or taken in; None where there is none."""
    return session.scalar(select(Upload).where(Upload.user_id == user_id))


def look_over(session: Session, upload: Upload, settings: Settings) -> dict[str, Any]:
    """What taking the list in would come to; nobody is changed. Raises Unreadable.

    It is taken in and rolled back, so that it says what will be so. Other writers to SQLite wait for it as for an import.
    """
    with _file(upload, settings) as read:
        rows = _first(read)
        trial = session.begin_nested()
        try:
            told = import_people(session, read, ImportOptions()).document()
        finally:
            trial.rollback()
    session.refresh(upload)
    upload.told = {**_bounded(told), "columns": read.columns, "sample": rows, "done": False}
    session.flush()
    return upload.told


def take_in(session: Session, user_id: int, options: ImportOptions, settings: Settings) -> dict[str, Any]:
    """Take the user's list in, and let its file go; what became of it stays to be shown. Raises NotFound where none waits."""
    upload = pending(session, user_id)
    if upload is None or upload.told.get("done", True):
        raise NotFound("No list is waiting to be taken in; choose the file again.")
    with _file(upload, settings) as read:
        outcome = import_people(session, read, options)
    columns = read.columns
    upload.told = {
        **_bounded(outcome.document()),
        "columns": columns,
        "members": outcome.members,
        "selection": options.selection,
        "done": True,
    }
    upload.data = b""
    session.flush()
    return upload.told


def _bounded(told: dict[str, Any]) -> dict[str, Any]:
    return told | {"errors": told["errors"][:SHOWN], "wrong": len(told["errors"])}


@contextmanager
def _file(upload: Upload, settings: Settings) -> Iterator[ReadList]:
    """The list as it is read, from a file of this process's own, which is gone afterwards."""
    name = upload.name[:100].strip(". /\\") or "list"
    with TemporaryDirectory(prefix="mailings-list-") as folder:
        path = Path(folder) / name
        path.write_bytes(upload.data)
        yield read_list(path, settings.default_country)


def _first(read: ReadList) -> list[dict[str, str]]:
    """The first rows as they were read; they are put back to be walked again."""
    rows, taken = read.rows, []
    for row in rows:
        taken.append(row)
        if len(taken) == FIRST:
            break
    read.rows = _again(taken, rows)
    addresses = [", ".join(one.normal or "" for one in row.addresses) for row in taken]
    return [
        {"row": str(row.row), "name": row.name, "email": email, "mobile": row.mobile, "company": row.company}
        for row, email in zip(taken, addresses, strict=True)
    ]


def _again(taken: list[Any], rows: Iterator[Any]) -> Iterator[Any]:
    yield from taken
    yield from rows
