"""Word documents of the tests, as Word itself leaves them: text in several runs, headers, tables, a picture."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Mapping, Sequence

import docx

PICTURE_WIDTH = 300_000  # EMU, as in the extent of the picture below

Runs = str | Sequence[str]  # a paragraph's text, or its text in the runs it is divided into


def written(*paragraphs: Runs, header: Runs = "", footer: Runs = "", rows: Sequence[Sequence[str]] = (), picture: bool = False) -> bytes:
    """A document of these paragraphs, with a table of these rows behind them."""
    document = docx.Document()
    for paragraph in paragraphs:
        _write(document.add_paragraph(), paragraph)
    _write(document.sections[0].header.paragraphs[0], header)
    _write(document.sections[0].footer.paragraphs[0], footer)
    if rows:
        table = document.add_table(rows=0, cols=len(rows[0]))
        for row in rows:
            for cell, text in zip(table.add_row().cells, row, strict=True):
                cell.text = text
    if picture:
        document.add_picture(io.BytesIO(_png()), width=PICTURE_WIDTH)
    return saved(document)


def saved(document: docx.document.Document) -> bytes:
    """The document as a file."""
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


def _write(paragraph: docx.text.paragraph.Paragraph, text: Runs) -> None:
    for run in [text] if isinstance(text, str) else text:
        paragraph.add_run(run)


def texts(content: bytes) -> list[str]:
    """The text of each paragraph of the body."""
    return [paragraph.text for paragraph in docx.Document(io.BytesIO(content)).paragraphs]


def with_parts(content: bytes, parts: Mapping[str, bytes]) -> bytes:
    """The document with parts in the place of those it has, or beside them."""
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        all_parts = {name: packed.read(name) for name in packed.namelist()} | dict(parts)
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, part in all_parts.items():
            packed.writestr(name, part)
    return file.getvalue()


def part_of(content: bytes, name: str) -> bytes:
    """One part of a document."""
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        return packed.read(name)


def _png() -> bytes:
    """A picture of one red dot."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0\xff\0\0")) + chunk(b"IEND", b"")
