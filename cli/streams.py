"""One-line JSON documents and CSV of any length, written row by row: a million recipients take no memory."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterable, Sequence
from typing import Any

import orjson


def stream_json(head: dict[str, Any], key: str, rows: Iterable[Any]) -> None:
    """`head` with `key`: a list of the rows, as one JSON document on one line of standard output."""
    out = sys.stdout
    out.write(orjson.dumps(head).decode()[:-1] + ("," if head else "") + orjson.dumps(key).decode() + ":[")
    for number, row in enumerate(rows):
        out.write(("," if number else "") + orjson.dumps(row, default=str).decode())
    out.write("]}\n")


def stream_csv(heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Rows as CSV with a header, nothing for None. A text that a spreadsheet would take for a formula is quoted away."""
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(heads)
    writer.writerows([_safe(cell) for cell in row] for row in rows)


def _safe(cell: Any) -> Any:
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in {"=", "+", "-", "@", "\t", "\r"} else cell
