"""Printed letters become one PDF: in order, each on a sheet of its own, once, with a list of addresses that no spreadsheet computes."""

from __future__ import annotations

import csv
import io
import os
from pathlib import Path

import pikepdf
import pytest

from mailings.letter import Stack
from mailings.message import Offer, Outcome
from mailings.transports.pdf import Pdf
from mailings.transports.pdf.addresses import listed
from mailings.transports.pdf.alphabet import order_of
from mailings.transports.pdf.index import Letter, clear, letters_in
from mailings.transports.pdf.merging import Ranges, merge
from mailings.transports.pdf.place import Place, put_part
from tests.stories.lettered import bookmarks
from tests.transports.letters import answers
from tests.transports.pdf_letters import STACK, Written
from tests.transports.pdf_stage import texts_in


def part_of(place: Place, printer: Pdf, *letters: Written) -> None:
    """Print these into one more part, numbered on from what is there."""
    already = sum(1 for _ in letters_in(place.parts))
    told = answers(printer, [Offer(already + n, "", "", letter) for n, letter in enumerate(letters, 1)])
    assert {receipt.outcome for receipt in told.values()} == {Outcome.ACCEPTED}


LONG = "<p>side én</p><p style='break-before: page'>side to</p>"


def test_each_letter_begins_on_a_sheet_of_its_own(printer: Pdf, tmp_path: Path) -> None:
    """Duplex: after an odd number of pages comes an empty one of the same size; bookmarks lead to the first page of each letter."""
    place = Place(tmp_path, STACK)
    wide = "<style>@page {size: A5 landscape}</style><p>bred</p>"
    part_of(
        place,
        printer,
        Written("<p>kort</p>", "Åse"),
        Written(LONG, "Désirée"),
        Written(wide, "Øystein"),
        Written("<p>sist</p>", "IJsbrand"),
    )
    merged = merge(place, STACK, [1, 2, 3, 4], duplex=True)
    assert merged.file is not None
    file = place.folder / merged.file.pdf
    assert bookmarks(file) == [("Åse", 1), ("Désirée", 3), ("Øystein", 5), ("IJsbrand", 7)]
    assert [text.strip() for text in texts_in(file)] == ["kort", "", "side én", "side to", "bred", "", "sist", ""]
    with pikepdf.open(file) as found:
        assert [round(float(page.mediabox[2])) for page in found.pages] == [595, 595, 595, 595, 595, 595, 595, 595]
        assert [round(float(page.mediabox[3])) for page in found.pages] == [842, 842, 842, 842, 420, 420, 842, 842]
        assert merged.file.pages == len(found.pages) == 8


def test_without_duplex_nothing_is_added(printer: Pdf, tmp_path: Path) -> None:
    """Printed on one side, a letter follows the other."""
    place = Place(tmp_path, STACK)
    part_of(place, printer, Written("<p>kort</p>"), Written(LONG))
    merged = merge(place, STACK, [1, 2], duplex=False)
    assert merged.file is not None
    assert [text.strip() for text in texts_in(place.folder / merged.file.pdf)] == ["kort", "side én", "side to"]


def test_merged_by_key_and_only_what_is_new(printer: Pdf, tmp_path: Path) -> None:
    """In the order of their keys; a letter printed twice is taken once; what was merged is not merged again; what is not wanted stays."""
    place = Place(tmp_path, STACK)
    names = ["Ås", "Aas", "Zimmer", "Ødegård", "Äng"]
    part_of(place, printer, *(Written(f"<p>{name}</p>", name, (name,)) for name in names))
    index = next(iter(letters_in(place.parts)))
    put_part(
        place, index.part.read_bytes(), [{"delivery": n, "pages": 1, "title": "to", "lines": [], "key": ["a"]} for n in (1, 2, 3, 4, 5)]
    )
    first = merge(place, STACK, [1, 2, 3, 4, 7], duplex=False)
    assert first.file is not None
    assert (first.file.pdf, first.file.letters, first.missing) == ("årsbrev.pdf", 4, 1)
    assert merge(place, STACK, [1, 2, 3, 4], duplex=False).file is None
    second = merge(place, STACK, [1, 2, 3, 4, 5], duplex=False)
    assert second.file is not None
    assert (second.file.pdf, second.file.letters) == ("årsbrev-2.pdf", 1)
    assert list(place.parts.iterdir()) == []
    assert [one.pdf for one in place.printed()] == ["årsbrev.pdf", "årsbrev-2.pdf"]


def test_another_mailing_of_that_name(tmp_path: Path) -> None:
    """The folder of a mailing that was deleted is not written into by the next one of its name; a name too long for a file is cut."""
    first, second = Place(tmp_path, STACK), Stack("årsbrev", "ffffffffffff")
    first.make()
    assert Place(tmp_path, second).folder.name == "årsbrev-ffffff"
    assert Place(tmp_path, STACK).folder == first.folder
    long = Place(tmp_path, Stack("å" * 255, "ffffffffffff"))
    long.make()
    assert len(f"{long.stem}-12.pdf".encode()) < 255


def test_a_part_without_an_index_is_no_witness(tmp_path: Path) -> None:
    """What a printer that died left of a part is not merged, and goes when it is old; what is fresh may be another's."""
    place = Place(tmp_path, STACK)
    place.make()
    old, fresh = place.parts / "1-3-aa.pdf", place.parts / "4-6-bb.pdf"
    for part in (old, fresh):
        part.write_bytes(b"%PDF")
    os.utime(old, (0, 0))
    clear(place, Ranges([]))
    assert list(place.parts.iterdir()) == [fresh]


def test_addresses_are_no_formulas() -> None:
    """The list opens in a spreadsheet as text: a name that would be computed is shown, letters are what they are."""
    lines = ('=HYPERLINK("http://x")', "Größe, Straße 1", "+47", "6002 Ålesund", "NEDERLAND")
    table = listed([Letter(1, Path("a"), 0, 2, "@Désirée van der IJssel", lines, ())])
    assert table.startswith("﻿".encode())
    head, row = csv.reader(io.StringIO(table.decode("utf-8-sig")))
    assert head == ["number", "name", "line 1", "line 2", "line 3", "line 4", "line 5", "pages"]
    assert row == ["1", "'@Désirée van der IJssel", '\'=HYPERLINK("http://x")', "Größe, Straße 1", "'+47", "6002 Ålesund", "NEDERLAND", "2"]


@pytest.mark.parametrize(
    ("language", "order"),
    [
        ("no", ["aas", "Désirée", "IJssel", "ijver", "Zimmer", "Ærlig", "Ödegård", "Ødegårds", "Ås"]),
        ("sv", ["aas", "Désirée", "IJssel", "ijver", "Zimmer", "Ås", "Ärlig", "Ærligs", "Ödegård"]),
        ("nl", ["aas", "Ærlig", "Ås", "Désirée", "IJssel", "ijver", "Ödegård", "Ødegårds", "Zimmer"]),
    ],
)
def test_the_alphabet_of_the_language(language: str, order: list[str]) -> None:
    """æ, ø and å stand behind z where people look for them there, elsewhere beside a and o; capitals do not matter."""
    backwards = list(reversed(order))
    assert sorted(backwards, key=lambda name: order_of([name], language)) == order
