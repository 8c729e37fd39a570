"""Reads lists in plain text (.csv, .txt): finds the encoding and the separator, then yields rows of cells."""

from __future__ import annotations

import codecs
import csv
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from mailings.errors import Unreadable

SAMPLE = 1 << 16  # bytes looked at before anything is decided
SEPARATORS = (";", "\t", ",", "|")
_BOMS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
# what some systems export as .xls
_MARKUP = re.compile(r"\s*<(?:!doctype|!--|\?xml|(?:html|head|meta|body|table|div|style)\b)", re.IGNORECASE)


def text_rows(file: Path) -> Iterator[list[str]]:
    """The rows of a text file, blank lines as empty rows, so that rows count as a spreadsheet shows them. Raises Unreadable."""
    encoding = encoding_of(file)
    with file.open(encoding=encoding, newline="", errors="strict" if encoding != "cp1252" else "replace") as lines:
        try:
            sample = lines.read(SAMPLE)
            if _MARKUP.match(sample):
                raise Unreadable(f"{file.name} is a web page or XML, not a list; open it in a spreadsheet and save it as .xlsx or .csv.")
            lines.seek(0)
            yield from _rows(_Quotes(lines), separator_of(sample))
        except (csv.Error, UnicodeError) as error:
            raise Unreadable(f"{file.name} cannot be read as text: {error}.") from error
        except _Unclosed as quote:
            raise Unreadable(f"{file.name} has a quotation mark that is opened in line {quote} and never closed.") from quote


class _Unclosed(Exception):
    """A quotation mark that is opened in this line runs to the end of the file."""


def _rows(quotes: _Quotes, separator: str) -> Iterator[list[str]]:
    reader = csv.reader(quotes, delimiter=separator, skipinitialspace=True)
    for number, row in enumerate(reader, 1):
        if number == 1 and len(row) <= 2 and row and row[0].lower().startswith("sep="):
            continue  # Excel's own remark about the separator: sep=;
        yield row
    if quotes.unclosed(reader.line_num):
        raise _Unclosed(quotes.opened)


class _Quotes:
    """Lines on their way to the csv reader, counting quotation marks: a reader that runs to the end within a quote says nothing."""

    def __init__(self, lines: Iterator[str]) -> None:
        self.lines, self.odd, self.opened, self.number = lines, False, 0, 0

    def __iter__(self) -> Iterator[str]:
        for line in self.lines:
            self.number += 1
            if line.count('"') % 2:
                self.odd = not self.odd
                self.opened = self.number if self.odd else self.opened
            yield line

    def unclosed(self, line_num: int) -> bool:
        """True when the last row swallowed further lines looking for the end of a quote."""
        return self.odd and line_num > self.opened


def encoding_of(file: Path) -> str:
    """The encoding by its mark (BOM), its zeros (UTF-16), or by trying: UTF-8, else cp1252, Excel's own. Raises Unreadable for no text."""
    with file.open("rb") as opened:
        sample = opened.read(SAMPLE)
        for bom, encoding in _BOMS.items():
            if sample.startswith(bom):
                return encoding
        if b"\0" in sample:
            return _utf16(sample, file)
        if sum(byte < 9 or 13 < byte < 32 for byte in sample) > len(sample) / 200 or sample.startswith(b"%PDF"):
            raise Unreadable(f"{file.name} is no list; give a .xlsx, .xls, .ods, .csv or .txt file.")
        opened.seek(0)
        decoder = codecs.getincrementaldecoder("utf-8")()
        try:
            while block := opened.read(SAMPLE):
                decoder.decode(block)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return "cp1252"
    return "utf-8"


def _utf16(sample: bytes, file: Path) -> str:
    """UTF-16 without a mark: every other byte of Western text is zero."""
    for offset, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
        zeros = sample[offset::2].count(0)
        if zeros > len(sample) / 2 * 0.7 and sample[1 - offset :: 2].count(0) == 0:
            return encoding
    raise Unreadable(f"{file.name} is no list; give a .xlsx, .xls, .ods, .csv or .txt file.")


def separator_of(sample: str) -> str:
    """The sign that cuts most rows of the sample into the same number of cells; a comma when there is none."""
    first, _, _ = sample.partition("\n")
    if first.strip().lower().startswith("sep=") and first.strip()[4:5] in SEPARATORS:
        return first.strip()[4:5]
    best, fit = ",", (0.0, 0)
    for separator in SEPARATORS:
        widths = Counter(len(row) for row in _cut(sample, separator) if any(cell.strip() for cell in row))
        (width, rows) = max(widths.items(), key=lambda found: (found[1], found[0]), default=(1, 0))
        if width > 1 and (rows / widths.total(), width) > fit:
            best, fit = separator, (rows / widths.total(), width)
    return best


def _cut(sample: str, separator: str) -> list[list[str]]:
    rows: list[list[str]] = []
    try:
        for row in csv.reader(sample.splitlines(keepends=True), delimiter=separator, skipinitialspace=True):
            rows.append(row)  # noqa: PERF402  rows read before an error still count
    except csv.Error:
        pass
    return rows[:-1] if len(rows) > 100 else rows  # the last row of a long sample may be cut in two
