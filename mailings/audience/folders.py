"""The folders mailings are kept in: the tree as people see it, with what is in each, and a mailing moved (domain.md B.11)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from mailings.audience.drafts import folder_at
from mailings.errors import NotAllowed
from mailings.model import Folder, Mailing

DEEPEST, LONGEST = 8, 100  # folders below one another, and letters of a folder's name: both fit on a page


@dataclass(frozen=True, slots=True)
class Shelf:
    """A folder in the tree. `path` as it is written, 2026/autumn; `mailings` in it and in all below it."""

    id: int
    name: str
    path: str
    depth: int
    mailings: int


def tree(session: Session) -> list[Shelf]:
    """All folders, each before those in it, by name; three thousand folders are three thousand rows, and no more statements than two."""
    own = dict(session.execute(select(Mailing.folder_id, func.count()).group_by(Mailing.folder_id)).all())
    inside: defaultdict[int | None, list[Folder]] = defaultdict(list)
    for folder in session.scalars(select(Folder)):
        inside[folder.parent_id].append(folder)
    return list(_shelves(inside, own, None, ()))


def _shelves(
    inside: dict[int | None, list[Folder]], own: dict[int | None, int], parent: int | None, above: tuple[str, ...]
) -> Iterator[Shelf]:
    for folder in sorted(inside.get(parent, ()), key=lambda folder: folder.name.casefold()):
        path = (*above, folder.name)
        below = list(_shelves(inside, own, folder.id, path))
        held = own.get(folder.id, 0) + sum(shelf.mailings for shelf in below if shelf.depth == len(path))
        yield Shelf(folder.id, folder.name, "/".join(path), len(above), held)
        yield from below


def within(shelves: list[Shelf], path: str) -> list[int]:
    """The ids of the folder at `path` and of all below it; none where there is no such folder."""
    return [shelf.id for shelf in shelves if shelf.path == path or shelf.path.startswith(f"{path}/")]


def move(session: Session, mailing: Mailing, path: str) -> str:
    """Put the mailing into the folder at `path` (2026/autumn), made where it is missing; empty = into none. Its path as it is kept.

    Raises NotAllowed for a path too deep, or a name too long to be read.
    """
    names = [name for name in (step.strip() for step in path.split("/")) if name]
    if len(names) > DEEPEST or any(len(name) > LONGEST or not name.isprintable() for name in names):
        raise NotAllowed(f"A folder's name has at most {LONGEST} letters, and folders stand at most {DEEPEST} deep; choose a shorter path.")
    mailing.folder_id = folder_at(session, "/".join(names))
    return "/".join(names)
