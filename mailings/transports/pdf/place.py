"""Where a mailing's letters lie: a folder of its own, with parts while it is printed, and what was merged of them."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from mailings import seams
from mailings.errors import Unreadable
from mailings.letter import Stack
from mailings.seams import Seam

LONGEST = 180  # bytes of a mailing's name that name its files: file systems take 255 with what comes behind
OWNER, PARTS, PRINTED, LOCK = "owner", "parts", "printed.json", "lock"


@dataclass(frozen=True, slots=True)
class PdfFile:
    """A PDF that is done: its name and that of its list of addresses, how much it holds, and which deliveries, as ranges."""

    pdf: str
    csv: str
    letters: int
    pages: int
    at: str
    ranges: list[list[int]] = field(default_factory=list)


class Place:
    """The folder of one mailing. Made when something is put there; another mailing's of the same name is left alone."""

    def __init__(self, under: Path, stack: Stack) -> None:
        name = stack.name.encode()[:LONGEST].decode(errors="ignore")
        own = name if name == stack.name else f"{name}-{stack.mark[:6]}"
        folder = under / own
        if _owner(folder) not in (None, stack.mark):
            folder = under / f"{own}-{stack.mark[:6]}"
        self.folder, self.stem, self._mark = folder, own, stack.mark

    @property
    def parts(self) -> Path:
        """Where groups of printed letters wait to be merged."""
        return self.folder / PARTS

    def make(self) -> None:
        """Make the folder, readable by nobody else: letters say where people live. Raises OSError."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.parts.mkdir(exist_ok=True, mode=0o700)
        if _owner(self.folder) is None:
            put(self.folder / OWNER, self._mark.encode())

    def printed(self) -> list[PdfFile]:
        """What was merged so far, in order. Raises Unreadable."""
        return printed_in(self.folder)

    def keep(self, files: list[PdfFile]) -> None:
        """Note what was merged. Raises OSError."""
        put(self.folder / PRINTED, json.dumps([asdict(one) for one in files]).encode())

    @contextmanager
    def alone(self) -> Iterator[None]:
        """The only one who merges here; waits for another."""
        import fcntl  # noqa: PLC0415  not on every system; whoever only looks need not have it

        self.make()
        with (self.folder / LOCK).open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def printed_in(folder: Path) -> list[PdfFile]:
    """What was merged in a mailing's folder, in order. Raises Unreadable."""
    try:
        return [PdfFile(**one) for one in json.loads((folder / PRINTED).read_bytes())]
    except FileNotFoundError:
        return []
    except (OSError, ValueError, TypeError) as error:
        raise Unreadable(f"{folder / PRINTED} cannot be read, so nobody knows which letters are in which PDF.") from error


def put(path: Path, content: bytes) -> None:
    """A whole file or none, on the disk when this returns. Raises OSError."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with fresh.open("wb") as file:
            os.fchmod(file.fileno(), 0o600)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        show(fresh, path)
    finally:
        fresh.unlink(missing_ok=True)


def show(fresh: Path, path: Path) -> None:
    """A file that is whole gets its name, and the name is on the disk too. Raises OSError."""
    fresh.replace(path)
    number = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def put_part(place: Place, pdf: bytes, letters: list[dict[str, Any]]) -> None:
    """A part and then its index: from then on these letters are printed. Raises OSError."""
    name = f"{letters[0]['delivery']:010}-{letters[-1]['delivery']:010}-{os.urandom(4).hex()}"
    put(place.parts / f"{name}.pdf", pdf)
    seams.before(Seam.HAND_OVER)
    put(place.parts / f"{name}.json", json.dumps(letters, ensure_ascii=False).encode())
    seams.after(Seam.HAND_OVER)


def _owner(folder: Path) -> str | None:
    try:
        return (folder / OWNER).read_text()
    except FileNotFoundError:
        return None
