"""Recipients as a file for people: Excel, CSV or HTML, written as they are walked; no text of a recipient becomes a formula."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from html import escape
from tempfile import SpooledTemporaryFile
from typing import IO, Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from mailings.audience.recipient_pages import Row
from mailings.reports.saying import label

HELD = 4 * 1024 * 1024  # bytes of a workbook kept in memory; a longer one is written to a file
CHUNK = 64 * 1024
FULL = 1_048_576  # rows of a sheet
MEANS_SOMETHING = re.compile(r"^[=+\-@\t\r\n|%]")  # to a spreadsheet, where a text begins so
FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # in XML
COLUMNS = ("kind", "name", "email", "company", "sent", "status", "why", "code", "said", "opened", "clicked")
KINDS = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
    "html": "text/html; charset=utf-8",
}

Cells = Sequence[Any]  #: texts and moments, one for each column


class Export:
    """One export in the reader's language: `heads` = what its columns are called."""

    def __init__(self, title: str, heads: Iterable[str], language: str) -> None:
        self.title, self.heads, self.language = title, list(heads), language

    def written(self, kind: str, rows: Iterable[Cells]) -> Iterator[bytes]:
        """The file, piece by piece; `kind` one of KINDS."""
        return {"xlsx": self._workbook, "csv": self._csv, "html": self._html}[kind](iter(rows))

    def _csv(self, rows: Iterator[Cells]) -> Iterator[bytes]:
        """Semicolons and a byte order mark: Excel in our languages opens it as it is."""
        held = io.StringIO()
        written = csv.writer(held, delimiter=";", lineterminator="\r\n")
        held.write("\ufeff")
        written.writerow(self.heads)
        for row in rows:
            written.writerow([harmless(_text(value)) for value in row])
            if held.tell() > CHUNK:
                yield held.getvalue().encode()
                held.seek(0)
                held.truncate()
        yield held.getvalue().encode()

    def _html(self, rows: Iterator[Cells]) -> Iterator[bytes]:
        heads = "".join(f'<th scope="col">{escape(head)}</th>' for head in self.heads)
        yield (
            f'<!doctype html><html lang="{self.language}"><head><meta charset="utf-8"><title>{escape(self.title)}</title>{STYLE}</head>'
            f"<body><h1>{escape(self.title)}</h1><table><thead><tr>{heads}</tr></thead><tbody>\n"
        ).encode()
        for row in rows:
            yield ("<tr>" + "".join(f"<td>{escape(_text(value))}</td>" for value in row) + "</tr>\n").encode()
        yield b"</tbody></table></body></html>\n"

    def _workbook(self, rows: Iterator[Cells]) -> Iterator[bytes]:
        with SpooledTemporaryFile(HELD) as file:
            _write(file, self.heads, rows)
            file.seek(0)
            while piece := file.read(CHUNK):
                yield piece


STYLE = (
    "<style>body{font:15px/1.5 system-ui,sans-serif;margin:2rem;color:#18212a}table{border-collapse:collapse}"
    "th,td{text-align:left;padding:.3rem .7rem;border-bottom:1px solid #d8dee5;vertical-align:top}</style>"
)


def cells_of(row: Row, kinds: Sequence[str], language: str) -> list[Any]:
    """A recipient in COLUMNS; `kinds` = what a person, a company and a bare address are called."""
    kind = kinds[0] if row.person_id else kinds[1] if row.company_id else kinds[2]
    why = label("why", row.bounce_why, language) if row.bounce_why else ""
    told = (label("status", row.word, language), why, row.code or "", row.reason or "")
    return [kind, row.name or "", row.email or "", row.company or "", row.sent_at, *told, row.opened_at, row.clicked_at]


def harmless(text: str) -> str:
    """The text as a spreadsheet shows it and does not reckon with it: a quote before what would begin a formula."""
    return f"'{text}" if MEANS_SOMETHING.match(text) else text


def _write(file: IO[bytes], heads: list[str], rows: Iterator[Cells]) -> None:
    book = Workbook(write_only=True)
    sheet = _sheet(book, heads)
    for number, row in enumerate(rows):
        if number and number % (FULL - 1) == 0:
            sheet = _sheet(book, heads)
        sheet.append([_cell(sheet, value) for value in row])
    book.save(file)


def _sheet(book: Workbook, heads: list[str]) -> Any:
    sheet = book.create_sheet()
    sheet.freeze_panes = "A2"
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(heads))}1"
    for number, width in enumerate((14, 28, 34, 26, 18, 22, 24, 12, 48, 18, 18)):
        sheet.column_dimensions[chr(65 + number)].width = width
    cells = [_cell(sheet, head) for head in heads]
    for cell in cells:
        cell.font = Font(bold=True)
    sheet.append(cells)
    return sheet


def _cell(sheet: Any, value: Any) -> Any:
    if isinstance(value, datetime):
        cell = WriteOnlyCell(sheet, value.astimezone(UTC).replace(tzinfo=None))
        cell.number_format = "yyyy-mm-dd hh:mm"
        return cell
    cell = WriteOnlyCell(sheet, FORBIDDEN.sub("\ufffd", value or "")[:32_767])
    cell.data_type = "s"  # text, whatever it begins with
    return cell


def _text(value: Any) -> str:
    return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M") if isinstance(value, datetime) else str(value or "")
