"""A list somebody uploads: looked over without changing anybody, kept for a while, then taken in once, a portion at a time."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from mailings import clock
from mailings.errors import NotAllowed, NotFound
from mailings.model import Upload, User
from mailings.people.foreseeing import Foresight
from mailings.people.importing import Import, ImportOptions, Tables
from mailings.people.listed import ListedPerson, ReadList
from mailings.people.lists import read_list
from mailings.settings import Settings

MOST = 50_000  # rows of an upload: looked over in seconds, taken in in well under a minute
SHOWN = 200  # wrong rows that are kept to be shown; the counts are of all
FIRST = 5  # rows shown as they were read


@contextmanager
def opened(name: str, data: bytes, settings: Settings) -> Iterator[ReadList]:
    """The list as it is read, from a file of this process's own, which is gone afterwards. Raises Unreadable, also past MOST rows.

    No transaction belongs around this: a file may take many seconds to read.
    """
    with TemporaryDirectory(prefix="mailings-list-") as folder:
        path = Path(folder) / (name[:100].strip(". /\\") or "list")
        path.write_bytes(data)
        read = read_list(path, settings.default_country)
        read.most = MOST
        yield read


def sample(read: ReadList) -> list[dict[str, str]]:
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


def foreseen(seen: Foresight, rows: list[dict[str, str]]) -> dict[str, Any]:
    """What is kept beside a file that was looked over: what taking it in would come to, and its first rows."""
    return {**_bounded(seen.document()), "columns": seen.read.columns, "sample": rows, "so_far": 0, "done": False}


def keep(session: Session, user_id: int, file: tuple[str, bytes], told: dict[str, Any]) -> Upload:
    """Keep a file (name, bytes) in the place of the user's last one. Only it is kept: whatever it holds, a user has one at a time."""
    session.execute(select(User.id).where(User.id == user_id).with_for_update())  # two at once are one after the other
    session.execute(delete(Upload).where(Upload.user_id == user_id))
    made = Upload(user_id=user_id, name=file[0], data=file[1], told=told, created_at=clock.now())
    session.add(made)
    session.flush()
    return made


def pending(session: Session, user_id: int) -> Upload | None:
    """The user's list, looked over or taken in; None where there is none."""
    return session.scalar(select(Upload).where(Upload.user_id == user_id))


@dataclass
class Taking:
    """A list being taken in. Each portion is whole; who comes later with the same list goes on, and whoever was at it stops."""

    upload_id: int
    mark: str  # kept beside the file: the hand that may go on
    name: str
    data: bytes
    options: ImportOptions

    def take(self, session: Session, running: Import, listed: list[ListedPerson]) -> None:
        """The next portion, and how far it went. Raises NotAllowed where the list is not this hand's any more."""
        upload = self._ours(session)
        running.take(Tables(session, self.options), listed)
        upload.told = {**upload.told, "so_far": running.read.total}

    def end(self, session: Session, running: Import) -> dict[str, Any]:
        """All is in: the file goes with its name and its wrong rows; how many came to what stays to be shown."""
        upload, outcome = self._ours(session), running.ended(Tables(session, self.options))
        more = {"columns": running.read.columns, "members": outcome.members, "selection": self.options.selection}
        # neither the file's name nor what stood in wrong rows: either may name somebody who is erased later
        upload.told = {**_bounded(outcome.document()), "errors": [], **more, "done": True}
        upload.name, upload.data = "", b""
        session.flush()
        return upload.told

    def _ours(self, session: Session) -> Upload:
        # locked: on PostgreSQL two hands at one list would make the same people twice
        upload = session.scalar(select(Upload).where(Upload.id == self.upload_id).with_for_update())
        if upload is None or upload.told.get("mark") != self.mark:
            raise NotAllowed("The list was chosen or taken in once more meanwhile; this time it stopped, the other goes on.")
        return upload


def begin(session: Session, user_id: int, options: ImportOptions) -> Taking:
    """Begin to take the user's list in, also once more where it stopped. Raises NotFound where none waits, NotAllowed as an import does."""
    upload = session.scalar(select(Upload).where(Upload.user_id == user_id).with_for_update())
    if upload is None or upload.told.get("done", True):
        raise NotFound("No list is waiting to be taken in; choose the file again.")
    Tables(session, options)
    mark = secrets.token_hex(8)
    upload.told = {**upload.told, "mark": mark}
    return Taking(upload.id, mark, upload.name, upload.data, options)


def _bounded(told: dict[str, Any]) -> dict[str, Any]:
    return told | {"errors": told["errors"][:SHOWN], "wrong": len(told["errors"])}


def _again(taken: list[Any], rows: Iterator[Any]) -> Iterator[Any]:
    yield from taken
    yield from rows
