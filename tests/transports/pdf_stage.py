"""The stage of the transport that prints letters: its far side is a folder, and what lies there is read back as text."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mailings.message import Transport
from mailings.transports.pdf import Pdf
from mailings.transports.pdf.index import letters_in
from tests.transports.stage import Stage


class OnPdf(Stage):
    """A folder of the test's own; it knows neither refusals nor lost answers."""

    channel = "document"

    def __init__(self, path: Path) -> None:
        self.path = path / "letters"
        self.transport: Pdf = Pdf(self.path, 1)

    def carried(self) -> list[bytes]:
        """The text of each letter that a part's index names."""
        pages: dict[Path, list[str]] = {}
        found = []
        for letter in (one for parts in self.path.glob("*/parts") for one in letters_in(parts)):
            if letter.part not in pages:
                pages[letter.part] = texts_in(letter.part)
            found.append("".join(pages[letter.part][letter.first : letter.first + letter.pages]).encode())
        return found

    def unreachable(self) -> Transport:
        """One that has no folder to print into."""
        (self.path.parent / "a-file").write_text("no folder can be made below a file")
        return Pdf(self.path.parent / "a-file" / "letters", 1)


def texts_in(pdf: Path) -> list[str]:
    """The text of each page of a PDF, read by a program that is not ours."""
    told = subprocess.run(["pdftotext", "-layout", str(pdf), "-"], check=True, capture_output=True, timeout=120).stdout.decode()
    return told.split("\f")[:-1]


def must_print() -> None:
    """Skip, saying why, where letters cannot be printed or not be read back."""
    if trouble := Pdf(Path(), 1).problems():
        pytest.skip(trouble[0])
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext is not installed (Debian: poppler-utils): letters are not read back")


@contextmanager
def on_pdf(path: Path) -> Iterator[Stage]:
    """A printer, and its folder."""
    must_print()
    stage = OnPdf(path)
    yield stage
    stage.transport.close()
