"""A mailing's letters, offered one by one: whatever their template is written in, they are addressed and found again alike."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from mailings.channels.document.letter_rows import LetterRow
from mailings.letter import Page, Stack
from mailings.message import Message, Offer


class Letters(ABC):
    """A mailing compiled: `select` reads rows, `offer` makes a letter of one. Holds no session."""

    written: ClassVar[str]  #: what a letter is before it is printed: html or docx

    def __init__(self, row: LetterRow, stack: Stack) -> None:
        self.row, self.stack = row, stack
        self.select = row.of_deliveries()

    def offer(self, row: Sequence[Any]) -> Offer:
        """The offer for one row."""
        return Offer(row[0], row[1], "", OneLetter(self, row))

    @abstractmethod
    def document(self, values: Mapping[str, Any]) -> bytes:
        """The letter with these values, by the names they have in the rendering. Raises Unreadable."""


@dataclass(frozen=True, slots=True)
class OneLetter(Message):
    """One recipient's letter, not yet filled."""

    channel = "document"
    compiled: Letters
    of: Sequence[Any]

    def page(self) -> Page:
        """The letter, filled. Raises Unreadable when it cannot be for this recipient."""
        row, compiled = self.compiled.row, self.compiled
        filled = compiled.document(row.values(self.of))
        return Page(compiled.written, filled, row.title(self.of), row.lines(self.of), row.key(self.of), compiled.stack)
