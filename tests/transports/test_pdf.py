"""What the printer of letters promises beside the contract: nothing is fetched, one bad letter spoils no other, sheets are not shared."""

from __future__ import annotations

import http.server
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pikepdf
import pytest

from mailings.message import Outcome
from mailings.transports.pdf import Pdf
from mailings.transports.pdf.press import Press
from tests.transports.letters import answers
from tests.transports.pdf_letters import PIXEL, STACK, Written, offers
from tests.transports.pdf_stage import texts_in


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


def test_a_printer_that_does_not_start(printer: Pdf, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the program ends at its start nobody's letter is touched and each is told why; once it starts, all are printed."""
    with monkeypatch.context() as here:
        here.setattr(sys, "executable", "/bin/false")  # a process that ends at once, in place of the interpreter
        told = answers(printer, offers(*[Written("<p>Blåbær</p>")] * 2))
    assert [told[n].outcome for n in (1, 2)] == [Outcome.UNTOUCHED, Outcome.UNTOUCHED]
    assert str(told[1].reason).startswith("The program that prints letters does not start")
    assert answers(printer, offers(Written("<p>Blåbær</p>")))[1].outcome is Outcome.ACCEPTED
