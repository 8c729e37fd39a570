"""Which columns the letters of a mailing need, and the statement that reads them: those the template uses, the envelope and the order."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, func

from mailings.channels.document.postal import envelope_columns, lines_of, sort_columns
from mailings.content.filters import LANGUAGE
from mailings.content.letter_variables import letter_column
from mailings.content.names import Used
from mailings.content.variables import EMPTY, NAME, of_deliveries, of_recipient
from mailings.model import Mailing, Person
from mailings.settings import Settings

ENVELOPE = "envelope"  #: the variable that is the whole address, a line each


@dataclass(frozen=True)
class LetterRow:
    """How a row lies: delivery, address in one line, for whom, the values of `names`, the columns of the envelope."""

    names: tuple[str, ...]
    columns: tuple[ColumnElement[Any], ...]
    settings: Settings
    envelope: str | None = None  # the name the envelope has in the rendering, where the template shows it
    sorting: int = 0  # how many columns at the end are what letters are sorted by

    def of_deliveries(self) -> Select[Any]:
        """Rows of deliveries; binds mailing_id, low and high (delivery ids, both inclusive)."""
        return of_deliveries(self.columns)

    def of_recipient(self, recipient_id: int) -> Select[Any]:
        """The row of a recipient who has no delivery: for preflight."""
        return of_recipient(recipient_id, self.columns)

    def blank(self) -> tuple[Any, ...]:
        """The row of a recipient of whom nothing is known."""
        return (0, "", *("" for _ in self.columns))

    def title(self, row: Sequence[Any]) -> str:
        """For whom the letter is."""
        return str(row[2])

    def lines(self, row: Sequence[Any]) -> tuple[str, ...]:
        """The lines of the envelope."""
        return lines_of(row[3 + len(self.names) : len(row) - self.sorting], self.settings)

    def key(self, row: Sequence[Any]) -> tuple[str, ...]:
        """By what the letter is sorted, as texts: numbers with zeros before them."""
        return tuple(f"{one:09}" if isinstance(one, int) else str(one) for one in row[len(row) - self.sorting :])

    def values(self, row: Sequence[Any]) -> dict[str, Any]:
        """The values of one rendering, by the names they have there. The envelope is one text; its lines end with `\\n`."""
        values = dict(zip(self.names, row[3:], strict=False))
        if self.envelope is not None:
            values[self.envelope] = "\n".join(self.lines(row))
        return values


class Asked(NamedTuple):
    """What a template asks. `constants`: variables that are alike in all letters; `speaks`: it asks for the reader's language."""

    used: Used
    constants: Collection[str] = ()
    speaks: bool = False


def letter_row(mailing: Mailing, asked: Asked, settings: Settings) -> LetterRow:
    """The row that a template needs."""
    read = {name: path for path, name in asked.used.columns().items() if path not in asked.constants and path != ENVELOPE}
    columns: dict[str, Any] = {name: letter_column(path, mailing, settings) for name, path in read.items()}
    if asked.speaks:
        columns[LANGUAGE] = func.coalesce(Person.language, EMPTY)
    sorts = sort_columns(str(dict(mailing.more.get("document") or {}).get("sort") or ""))
    all_columns = (NAME, *columns.values(), *envelope_columns(mailing), *sorts)
    return LetterRow(tuple(columns), all_columns, settings, asked.used.names.get(ENVELOPE), len(sorts))
