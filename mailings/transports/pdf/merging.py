"""Makes one PDF of printed letters, in their order, with a bookmark each, and a list of their addresses beside it."""

from __future__ import annotations

import os
from bisect import bisect_left
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from mailings import seams
from mailings.clock import now
from mailings.letter import Stack
from mailings.seams import Seam
from mailings.transports.pdf.addresses import listed
from mailings.transports.pdf.alphabet import order_of
from mailings.transports.pdf.binding import Book
from mailings.transports.pdf.index import Letter, clear, letters_in
from mailings.transports.pdf.place import PdfFile, Place, put, show


class Ranges:
    """Deliveries' numbers as ranges: a hundred thousand letters of a mailing are a handful of them."""

    def __init__(self, ranges: Iterable[Sequence[int]]) -> None:
        self._ranges = sorted((low, high) for low, high in ranges)
        self._highs = [high for _, high in self._ranges]

    def __contains__(self, number: object) -> bool:
        if not isinstance(number, int):
            return False
        at = bisect_left(self._highs, number)
        return at < len(self._ranges) and self._ranges[at][0] <= number


@dataclass(frozen=True, slots=True)
class Merged:
    """What merging came to: the PDF it made, None where nothing was new; how many letters that should be there are in no file here."""

    file: PdfFile | None
    missing: int = 0


def merge(place: Place, stack: Stack, wanted: Sequence[int], *, duplex: bool) -> Merged:
    """One more PDF of the letters `wanted` (deliveries, in order) that are printed and in no PDF yet. Safe to repeat. Raises OSError.

    `duplex`: each letter begins on an odd page, so that no two share a sheet (domain.md K).
    """
    with place.alone():
        files = place.printed()
        done = Ranges(pair for file in files for pair in file.ranges)
        letters, missing = _chosen(place, wanted, done)
        if not letters:
            clear(place, done)
            return Merged(None, missing)
        letters.sort(key=lambda letter: (order_of(letter.key, stack.language), letter.delivery))
        made = _made(place, letters, len(files) + 1, duplex=duplex)
        place.keep([*files, made])
        clear(place, Ranges([*(pair for file in files for pair in file.ranges), *made.ranges]))
        return Merged(made, missing)


def let_go(place: Place, unwanted: Container[int]) -> None:
    """Take away the parts that hold no letter but those in a PDF and `unwanted`, nobody's any more: they say where people live.

    A delivery not named is one that may still be wanted. Safe to repeat. Raises OSError.
    """
    if place.parts.is_dir():
        with place.alone():
            clear(place, Ranges(pair for file in place.printed() for pair in file.ranges), unwanted)


def _chosen(place: Place, wanted: Sequence[int], done: Ranges) -> tuple[list[Letter], int]:
    """Each letter once, however often a crash had it printed; and how many of those wanted are nowhere."""
    found: dict[int, Letter] = {}
    left = {number for number in wanted if number not in done}
    for letter in letters_in(place.parts):
        if letter.delivery in left:
            found.setdefault(letter.delivery, letter)
    return list(found.values()), len(left) - len(found)


def _made(place: Place, letters: Sequence[Letter], number: int, *, duplex: bool) -> PdfFile:
    stem = place.stem if number == 1 else f"{place.stem}-{number}"
    pdf, csv = place.folder / f"{stem}.pdf", place.folder / f"{stem}.csv"
    fresh = place.folder / f".{stem}.pdf"  # no number of a process: what a dead one left is written over
    try:
        pages = _written(letters, fresh, duplex=duplex)
        seams.before(Seam.MERGE)
        put(csv, listed(letters))
        show(fresh, pdf)
        seams.after(Seam.MERGE)
    finally:
        fresh.unlink(missing_ok=True)
    when = now().isoformat(timespec="seconds")
    return PdfFile(pdf.name, csv.name, len(letters), pages, when, [list(pair) for pair in _ranges(letters)])


def _written(letters: Sequence[Letter], into: Path, *, duplex: bool) -> int:
    """The PDF on the disk; how many pages it has."""
    with Book() as book:
        for letter in letters:
            book.letter(letter.part, letter.first, letter.pages, letter.title or next(iter(letter.lines), ""))
            if duplex and letter.pages % 2:
                book.blank()
        book.save(into)
        pages = book.pages
    into.chmod(0o600)
    number = os.open(into, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
    return pages


def _ranges(letters: Iterable[Letter]) -> Iterator[tuple[int, int]]:
    low = high = None
    for number in sorted(letter.delivery for letter in letters):
        if low is None or high is None or number != high + 1:
            if low is not None and high is not None:
                yield low, high
            low = number
        high = number
    if low is not None and high is not None:
        yield low, high
