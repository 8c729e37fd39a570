"""The addresses of printed letters as a table: for labels, or for whoever folds them."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from mailings.transports.pdf.index import Letter

#: what a spreadsheet would take for the beginning of a formula
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
LEAST = 4  # columns of address lines, however few are used


def listed(letters: Sequence[Letter]) -> bytes:
    """CSV as spreadsheets open it: UTF-8 with a mark that says so, CRLF; a row a letter, in the order of the PDF."""
    most = max([LEAST, *(len(letter.lines) for letter in letters)])
    into = io.StringIO()
    table = csv.writer(into)
    table.writerow(["number", "name", *(f"line {n + 1}" for n in range(most)), "pages"])
    for number, letter in enumerate(letters, 1):
        lines = [plain(line) for line in letter.lines]
        table.writerow([number, plain(letter.title), *lines, *[""] * (most - len(lines)), letter.pages])
    return into.getvalue().encode("utf-8-sig")


def plain(text: str) -> str:
    """A text that no spreadsheet computes (CWE-1236): with an apostrophe before what would begin a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text
