"""Rows as plain CSV (RFC 4180, UTF-8), written as they are walked, each file with the count and the checksum of what is in it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

CHUNK = 64 * 1024


@dataclass
class Written:
    """One file: what its columns are called, how many rows it has, its length in bytes and its SHA-256 in hexadecimal."""

    file: str
    columns: list[str] = field(default_factory=list)
    rows: int = 0
    bytes: int = 0
    sha256: str = ""


def write_rows(folder: Path, file: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Written:
    """A head and the rows, as `folder/file`. Memory holds one row and a buffer."""
    made, seen = Written(file, list(columns)), sha256()
    with (folder / file).open("wb", CHUNK) as out:
        for line in _lines(columns, rows):
            told = line.encode("utf-8", "replace")
            out.write(told)
            seen.update(told)
            made.bytes += len(told)
            made.rows += 1
    made.rows -= 1  # the head
    made.sha256 = seen.hexdigest()
    return made


def _lines(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterable[str]:
    yield _line(columns)
    yield from map(_line, rows)


def _line(values: Sequence[Any]) -> str:
    return ",".join(map(cell, values)) + "\r\n"


def cell(value: Any) -> str:
    """One value: text in quotes, nothing at all for what is not known, so that it is told from an empty text; moments in ISO 8601, UTC."""
    match value:
        case None:
            return ""
        case bool() | int() | float():
            return str(value).lower()
        case datetime():
            return value.isoformat(timespec="milliseconds")
        case date():
            return value.isoformat()
    written = json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else str(value)
    return '"' + written.replace('"', '""') + '"'
