"""Which letters lie printed: read from the indexes of parts and of what was merged."""

from __future__ import annotations

import json
import time
from collections.abc import Container, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from mailings.errors import Unreadable
from mailings.transports.pdf.place import OWNER, PARTS, Place, printed_in

LONG_AGO = 3600.0  # seconds: no part waits that long for its index while its sender lives


class Letter(NamedTuple):
    """A printed letter: in which part it lies, its first page there and how many; whom it is for, the lines of its envelope."""

    delivery: int
    part: Path
    first: int
    pages: int
    title: str
    lines: tuple[str, ...]
    key: tuple[str, ...]


def letters_in(parts: Path) -> Iterator[Letter]:
    """Every letter of every part. Raises Unreadable for an index that is none."""
    for index in sorted(parts.glob("*.json")):
        at = 0
        for one in _read(index):
            yield Letter(one["delivery"], index.with_suffix(".pdf"), at, one["pages"], one["title"], tuple(one["lines"]), tuple(one["key"]))
            at += one["pages"]


def named_in(under: Path) -> Iterator[tuple[int, str, str]]:
    """Of every letter that lies below the folder: its delivery, the mark of its mailing, and in which file it lies."""
    for owner in sorted(under.glob(f"*/{OWNER}")):
        mark = owner.read_text()
        for letter in letters_in(owner.parent / PARTS):
            yield letter.delivery, mark, letter.part.name
        for file in printed_in(owner.parent):
            for low, high in file.ranges:
                for number in range(low, high + 1):
                    yield number, mark, file.pdf


def clear(place: Place, done: Container[int], unwanted: Container[int] = ()) -> None:
    """Take away the parts all letters of which are in a PDF or nobody wants, and what a dead sender left of a part."""
    for index in place.parts.glob("*.json"):
        if all(one["delivery"] in done or one["delivery"] in unwanted for one in _read(index)):
            index.unlink()  # the index first: without one a part is no witness, and nobody reads it
            index.with_suffix(".pdf").unlink(missing_ok=True)
    for stray in (*place.parts.glob("*.pdf"), *place.folder.glob(".*"), *place.parts.glob(".*")):
        if not stray.with_suffix(".json").exists() and time.time() - stray.stat().st_mtime > LONG_AGO:
            stray.unlink(missing_ok=True)


def _read(index: Path) -> list[dict[str, Any]]:
    try:
        return list(json.loads(index.read_bytes()))
    except (OSError, ValueError) as error:
        raise Unreadable(f"The index {index} of printed letters cannot be read; take it away to have them printed again.") from error
