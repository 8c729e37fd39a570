"""Reads anybody's list of people, from any kind of file, into listed persons and problems; memory does not grow with its length."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from itertools import chain, islice
from pathlib import Path

from mailings.errors import Unreadable
from mailings.people.columns import SAMPLE, Columns, Row, find_columns
from mailings.people.listed import ListedPerson, ReadList
from mailings.people.rows import RowReader
from mailings.people.textfile import text_rows
from mailings.people.workbook import Sheet, sheets

_ZIP, _OLE = b"PK", b"\xd0\xcf\x11\xe0"


def read_list(file: Path, country: str) -> ReadList:
    """The people a file lists: .xlsx, .xls, .ods, .csv or .txt, told by what is in it, not by its name (domain.md C.4, D1).

    `country`: two letters, for telephone numbers without a country code. A wrong row goes to `problems` and is not among `rows`; a file
    that is no list of people raises Unreadable, here or while its rows are walked.
    """
    seen: list[str] = []
    found = sheets_of(file)
    for sheet in found:
        sample = list(islice(sheet.rows, SAMPLE))
        columns = find_columns(sample)
        if columns is not None:
            return _listed(file, sheet, chain(sample, sheet.rows, _closed(found)), (columns, country))
        seen += [sheet.name] if sample else []
    if not seen:
        raise Unreadable(f"{file.name} is empty.")
    raise Unreadable(
        f"{file.name} has no column with e-mail addresses or mobile numbers; give its columns heads such as name, email and mobile."
    )


def _closed(found: Iterator[Sheet]) -> Iterator[Row]:
    """No rows, but an end: as long as rows are walked it holds on to the sheets, and then lets the file go."""
    if isinstance(found, Generator):
        found.close()
    yield from ()


def sheets_of(file: Path) -> Iterator[Sheet]:
    """The sheets of a list of any kind; a text file is one. Raises Unreadable, here or while rows are walked."""
    try:
        if not file.is_file():
            raise Unreadable(f"There is no file {file}.")
        with file.open("rb") as opened:
            start = opened.read(4)
    except OSError as error:
        raise Unreadable(f"{file} cannot be opened: {error.strerror}.") from error
    if start.startswith((_ZIP, _OLE)):
        return sheets(file)
    return iter([Sheet(file.name, 0, (list(row) for row in text_rows(file)))])


def _listed(file: Path, sheet: Sheet, rows: Iterator[Row], layout: tuple[Columns, str]) -> ReadList:
    columns, country = layout
    found: dict[str, list[str]] = {}
    for column, field in sorted(columns.fields.items()):
        found.setdefault(field, []).append(columns.label(column))
    if columns.custom:
        found["custom"] = list(columns.custom.values())
    skipped = (columns.head or 0) + 1 if columns.head is not None else 0
    read = ReadList(file.name, found, iter(()), expected=max(sheet.height + 1 - skipped, 0) if sheet.height else None)
    if columns.head is None:
        where = ", ".join(f"{field} in column {column + 1}" for column, field in sorted(columns.fields.items()))
        read.notes.append(f"{file.name} has no row of heads: {where}; the name is what else a row has, nothing further was read.")
    read.rows = _walk(read, RowReader(columns, country), enumerate(islice(rows, skipped, None), skipped + 1))
    return read


def _walk(read: ReadList, reader: RowReader, numbered: Iterator[tuple[int, Row]]) -> Iterator[ListedPerson]:
    for number, row in numbered:
        result = reader.read(number, row)
        if result is None:
            continue
        read.total += 1
        if read.most is not None and read.total > read.most:
            raise Unreadable(f"{read.file} has more than {read.most:,} rows; bring it in with: mailings people import FILE")
        read.problems += result.problems
        if result.person is not None:
            yield result.person
