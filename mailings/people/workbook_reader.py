"""The process that opens a workbook for people/workbook.py: writes sheets and rows as lines of JSON, within limits of memory and time."""

from __future__ import annotations

import datetime
import resource
import sys
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Any

import orjson
from python_calamine import CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

from mailings.people.workbook import END, Cell

CHUNK = 500  # rows in one line
MAX_COLUMNS = 500
MAX_MEMORY = 3 << 30  # a workbook may claim any size; 1,000,000 rows x 20 columns take half of this
MAX_CPU_S = 300
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")  # the stream an .xlsx with a password is hidden in


def _write_out(file: str) -> None:
    """In the reading process: a line with each sheet's head, then lines of rows."""
    # not from_path: that believes the name, and an .xls is often something else
    with Path(file).open("rb") as opened, CalamineWorkbook.from_filelike(opened) as book:
        listed = [sheet for sheet in book.sheets_metadata if sheet.typ == SheetTypeEnum.WorkSheet]
        for found in sorted(listed, key=lambda sheet: sheet.visible != SheetVisibleEnum.Visible):
            sheet = book.get_sheet_by_name(found.name)
            _line({"sheet": sheet.name, "height": sheet.total_height})
            rows = sheet.iter_rows()
            while chunk := [[_cell(value) for value in row[:MAX_COLUMNS]] for row in islice(rows, CHUNK)]:
                _line(chunk)


def _cell(value: Any) -> Cell:
    if isinstance(value, str):
        return value or None
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return int(value)  # 4799887766.0 was typed as 4799887766; above 1e15 a spreadsheet has lost digits already
    if isinstance(value, datetime.datetime | datetime.date | datetime.time):
        return value.isoformat()
    return value if isinstance(value, int | float | bool) else str(value)


def _line(document: object) -> None:
    sys.stdout.buffer.write(orjson.dumps(document) + b"\n")


def _within_limits() -> None:
    for limit, most in ((resource.RLIMIT_AS, MAX_MEMORY), (resource.RLIMIT_CPU, MAX_CPU_S), (resource.RLIMIT_CORE, 0)):
        with suppress(ValueError, OSError):  # a system without such a limit, or a stricter one set by whoever started us
            resource.setrlimit(limit, (most, most))


def _main(file: str) -> None:
    _within_limits()
    try:
        _write_out(file)
        _line(END)
    except BrokenPipeError:
        sys.exit(0)  # whoever asked has what it wanted
    except BaseException as error:  # a panic in the reading engine is no Exception
        if isinstance(error, PasswordError) or _ENCRYPTED in Path(file).read_bytes():
            _line({"error": "is protected by a password; save it without one."})
            return
        _line({"error": f"cannot be read as a workbook ({_first_line(error)}); open it, save it anew, or save the list as .csv."})
    sys.stdout.buffer.flush()


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:120].rstrip(".")


if __name__ == "__main__":
    _main(sys.argv[1])
