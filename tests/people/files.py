"""Lists of people as files, made for a test: workbooks, sheets of LibreOffice, text in any encoding."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from pathlib import Path
from xml.sax.saxutils import escape

from openpyxl import Workbook

from mailings.people.listed import ListedPerson, ReadList
from mailings.people.lists import read_list


def workbook(path: Path, *sheets: Sequence[Sequence[object]], hidden: Sequence[int] = ()) -> Path:
    """A .xlsx with these sheets of rows; `hidden` names sheets by number, from 0."""
    book = Workbook()
    book.remove(book.active)
    for number, rows in enumerate(sheets):
        sheet = book.create_sheet(f"Ark{number + 1}")
        sheet.sheet_state = "hidden" if number in hidden else "visible"
        for row in rows:
            sheet.append(list(row))
    book.save(path)
    return path


def ods(path: Path, rows: Sequence[Sequence[str]]) -> Path:
    """An .ods with one sheet of texts."""
    cells = "".join(
        "<table:table-row>"
        + "".join(f'<table:table-cell office:value-type="string"><text:p>{escape(cell)}</text:p></table:table-cell>' for cell in row)
        + "</table:table-row>"
        for row in rows
    )
    kinds = "".join(f' xmlns:{kind}="urn:oasis:names:tc:opendocument:xmlns:{kind}:1.0"' for kind in ("office", "table", "text"))
    content = f"<office:document-content{kinds}><office:body><office:spreadsheet><table:table table:name='Ark1'>{cells}</table:table>"
    with zipfile.ZipFile(path, "w") as book:
        book.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        book.writestr("content.xml", content + "</office:spreadsheet></office:body></office:document-content>")
        book.writestr("META-INF/manifest.xml", "<manifest/>")
    return path


def text(path: Path, content: str, encoding: str = "utf-8") -> Path:
    """A text file."""
    path.write_bytes(content.encode(encoding))
    return path


def listed(path: Path, country: str = "NO") -> tuple[list[ListedPerson], ReadList]:
    """The people a file lists, and what there is to say about it."""
    read = read_list(path, country)
    return list(read.rows), read


def addresses(path: Path) -> list[list[str | None]]:
    """The addresses of every person a file lists."""
    return [[read.normal for read in person.addresses] for person in listed(path)[0]]
