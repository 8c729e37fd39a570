"""Writes the demo's people as the workbook a colleague would send: a title above the heads, a total below."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import astuple
from pathlib import Path

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font

from cli.demo.people import Invented

HEADS = ("Full name", "E-mail", "Mobile", "Company", "Country", "Language", "Consent", "Topics opted out", "Interests", "Member since")
WIDTHS = (26, 44, 18, 28, 9, 10, 20, 18, 20, 13)


def write_people(people: Iterable[Invented], file: Path) -> int:
    """Write the workbook to `file`; returns how many rows name somebody."""
    book, count = Workbook(write_only=True), 0
    sheet = book.create_sheet("Members")
    for column, width in enumerate(WIDTHS):
        sheet.column_dimensions["ABCDEFGHIJ"[column]].width = width
    sheet.append([_bold(sheet, "Vindheim: members and customers, as of 14 September 2026")])
    sheet.append([])
    sheet.append([_bold(sheet, head) for head in HEADS])
    for count, person in enumerate(people, 1):  # noqa: B007  the last number is the total
        sheet.append([value if value != "" else None for value in astuple(person)])
    sheet.append(["Total", count])
    book.save(file)
    return count


def _bold(sheet: object, words: str) -> WriteOnlyCell:
    cell = WriteOnlyCell(sheet, words)
    cell.font = Font(bold=True)
    return cell
