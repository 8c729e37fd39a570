"""What the printer of letters promises beside the contract: nothing is fetched, one bad letter spoils no other, sheets are not shared."""

from __future__ import annotations

import csv
import http.server
import io
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pikepdf
import pytest

from mailings.letter import File, Page, Stack
from mailings.message import Message, Offer, Outcome
from mailings.transports.pdf import Pdf
from mailings.transports.pdf.addresses import listed
from mailings.transports.pdf.alphabet import order_of
from mailings.transports.pdf.index import Letter, clear, letters_in
from mailings.transports.pdf.merging import Ranges, merge
from mailings.transports.pdf.place import Place, put_part
from mailings.transports.pdf.press import Press
from tests.stories.lettered import bookmarks
from tests.transports.letters import answers
from tests.transports.pdf_stage import must_print, texts_in

PIXEL = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89"
    b"\x00\x00\x00\rIDATx\x9cc\xf8\xcf\xc0\xf0\x1f\x00\x05\x00\x01\xff\x89\x99=\x1d\x00\x00\x00\x00IEND\xaeB`\x82"
)
STACK = Stack("årsbrev", "0123456789ab", [File("logo", "image/png", PIXEL, inline=True)], "no")


@dataclass(frozen=True)
class Written(Message):
    """A letter that is there already."""

    html: str
    title: str = "Åse Ødegård"
    key: tuple[str, ...] = ()
    stack: Stack = STACK
    channel: str = field(default="document", init=False)  # type: ignore[misc]  # a channel's own messages have it in their class

    def page(self) -> Page:
        """It."""
        return Page("html", self.html.encode(), self.title, (self.title, "Bjørkeveien 1", "6002 Ålesund"), self.key, self.stack)


def offers(*letters: Written) -> list[Offer]:
    """One offer a letter, numbered from 1."""
    return [Offer(number, "Bjørkeveien 1, 6002 Ålesund", "", letter) for number, letter in enumerate(letters, 1)]


@pytest.fixture
def printer(tmp_path: Path) -> Iterator[Pdf]:
    """A printer with one process; skips, saying why, where none can be."""
    must_print()
    made = Pdf(tmp_path, 1)
    yield made
    made.close()


@contextmanager
def visited() -> Iterator[tuple[str, list[str]]]:
    """The address of a web server, and what it is asked for."""
    asked: list[str] = []

    class Door(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            """Note it."""
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(PIXEL)

        def log_message(self, *_words: object) -> None:
            """Say nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Door)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        server.server_close()


def test_nothing_is_fetched(printer: Pdf, tmp_path: Path) -> None:
    """No image, style sheet or font from the net or from this machine's files gets into a letter; such a letter is refused, saying why."""
    secret = tmp_path / "secret.svg"
    secret.write_text('<svg xmlns="http://www.w3.org/2000/svg"><text y="20">hemmelig</text></svg>')
    with visited() as (address, asked):
        wanted = [
            f'<img src="{address}/image.png">',
            f'<link rel="stylesheet" href="{address}/style.css">',
            f"<style>@import url({address}/import.css)</style>",
            f"<style>@font-face {{font-family: x; src: url({address}/font.woff)}} p {{font-family: x}}</style><p>a</p>",
            f'<img src="file://{secret}">',
            '<img src="secret.svg">',
            f'<svg xmlns="http://www.w3.org/2000/svg"><image href="{address}/inner.png" width="9" height="9"/></svg>',
        ]
        told = answers(printer, offers(*map(Written, wanted), Written("<p>Blåbær</p>")))
        assert asked == []
    assert [n for n in range(1, 7) if told[n].outcome is not Outcome.REFUSED] == []
    assert "fetches nothing" in str(told[1].reason)
    assert told[8].outcome is Outcome.ACCEPTED
    assert "hemmelig" not in "".join(texts_in(next(tmp_path.glob("*/parts/*.pdf"))))


def test_images_of_the_mailing(printer: Pdf, tmp_path: Path) -> None:
    """What the mailing carries is shown by its cid, once in the file however many letters show it; data: works too."""
    told = answers(printer, offers(*[Written('<img src="cid:logo">') for _ in range(9)], Written('<img src="cid:annet">')))
    assert [told[n].outcome for n in (1, 9, 10)] == [Outcome.ACCEPTED, Outcome.ACCEPTED, Outcome.REFUSED]
    with pikepdf.open(next(tmp_path.glob("*/parts/*.pdf"))) as part:
        images = [one for one in part.objects if isinstance(one, pikepdf.Stream) and one.get("/Subtype") == "/Image"]
        assert len([one for one in images if "/SMask" in one]) <= 1
        assert len(part.pages) == 9


def test_one_unreadable_image_is_one_recipients_trouble(printer: Pdf) -> None:
    """A broken image fails whoever's letter shows it, each time, and nobody else's."""
    broken = Written('<img src="data:image/png;base64,QUJD">')
    told = answers(printer, offers(Written("<p>a</p>"), broken, Written("<p>b</p>"), broken))
    assert [told[n].outcome for n in (1, 2, 3, 4)] == [Outcome.ACCEPTED, Outcome.REFUSED, Outcome.ACCEPTED, Outcome.REFUSED]
    assert str(told[2].reason).startswith("The letter cannot be printed: ")


def test_a_printer_that_dies_is_replaced(printer: Pdf) -> None:
    """A printing process that is killed from outside costs nobody their letter."""
    press = Press(STACK.files, 1)
    try:
        page = Written("<p>Blåbær</p>").page()
        assert press.begin([page]).result(60).pages == [1]
        kept = press._idle.get()
        os.kill(kept._process.pid, signal.SIGKILL)
        kept._process.wait()
        press._idle.put(kept)
        assert press.begin([page, page]).result(60).pages == [1, 1]
    finally:
        press.close()
    assert printer.problems() == []


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
    assert sorted(reversed(order), key=lambda name: order_of([name], language)) == sorted(
        order, key=lambda name: order_of([name], language)
    )
    found = sorted(reversed(order), key=lambda name: order_of([name], language))
    assert found == order
