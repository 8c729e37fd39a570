"""Finds out which column of a list holds what: by its heads where there are any, else by what stands in it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from mailings.people.heads import field_of

SAMPLE = 200  #: rows looked at
HEAD_WITHIN = 60  # rows of titles and remarks that may stand above the heads
REACHABLE = frozenset({"email", "mobile"})
_NAMES = frozenset({"name", "first_name", "last_name", "company"})
_NUMBER = re.compile(r"(?!\d{4}-\d\d-\d\d|\d\d?\.\d\d?\.\d{4})(?=(?:\D*\d){7})\+?[\d\s()./\-]{7,24}")  # seven digits, and no date

Row = Sequence[object]


@dataclass(slots=True)
class Columns:
    """What stands where. `fields`: column -> field; `custom`: column -> head; `head`: index of the row with heads, None = there is none."""

    head: int | None
    fields: dict[int, str]
    custom: dict[int, str] = field(default_factory=dict)
    heads: dict[int, str] = field(default_factory=dict)

    def label(self, column: int) -> str:
        """What a person calls this column: its head, or what it holds, or its number."""
        return self.heads.get(column) or self.fields.get(column) or f"column {column + 1}"


def text_of(cell: object) -> str:
    """A cell as text; empty for an empty one."""
    return "" if cell is None else str(cell).strip()


def find_columns(sample: Sequence[Row]) -> Columns | None:
    """The columns of a list, from its first rows. None when no column holds addresses or mobile numbers: that is no list of people."""
    heads = _heads(sample)
    if heads is None:
        return _by_contents(sample)
    head, names = heads
    fields = {column: found for column, text in names.items() if (found := field_of(text))}
    if not REACHABLE & set(fields.values()):
        seen = _seen(sample[head + 1 :])
        fields |= {column: kind for column, kind in seen.items() if column not in fields}
    if not REACHABLE & set(fields.values()):
        return None
    return Columns(head, fields, {column: text for column, text in names.items() if column not in fields}, names)


def _heads(sample: Sequence[Row]) -> tuple[int, dict[int, str]] | None:
    """The row with most heads we know, and its texts. It must name an address, a mobile or two parts of a name, and hold no address."""
    best: tuple[int, int, dict[int, str]] | None = None
    for index, row in enumerate(sample[:HEAD_WITHIN]):
        texts = {column: text for column, cell in enumerate(row) if (text := text_of(cell))}
        known = [found for text in texts.values() if len(text) < 60 and (found := field_of(text))]
        if any("@" in text for text in texts.values()) or not (REACHABLE & set(known) or len(_NAMES & set(known)) > 1):
            continue
        if best is None or len(known) > best[0]:
            best = (len(known), index, texts)
    return None if best is None else best[1:]


def _by_contents(sample: Sequence[Row]) -> Columns | None:
    """Without heads (domain.md C.4): the columns of addresses and of numbers; the name is whatever else a row has."""
    fields = _seen(sample)
    return Columns(None, fields) if fields else None


def _seen(sample: Sequence[Row]) -> dict[int, str]:
    """column -> email or mobile, by what most of its cells look like."""
    full: dict[int, int] = {}
    ats: dict[int, int] = {}
    numbers: dict[int, int] = {}
    for row in sample:
        for column, cell in enumerate(row):
            if text := text_of(cell):
                full[column] = full.get(column, 0) + 1
                ats[column] = ats.get(column, 0) + ("@" in text)
                numbers[column] = numbers.get(column, 0) + bool(_NUMBER.fullmatch(text))
    seen = {column: "email" for column, count in ats.items() if count * 2 > full[column]}
    if not seen and any(ats.values()):  # at most half are addresses: the column that has most of them
        seen[max(ats, key=lambda column: ats[column])] = "email"
    mobile = [column for column, count in numbers.items() if column not in seen and count * 2 > full[column]]
    return seen | ({mobile[-1]: "mobile"} if mobile else {})
