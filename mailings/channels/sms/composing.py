"""One recipient's text message: the slots filled, everything else shared with all other messages of the mailing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar
from unicodedata import normalize

from sqlalchemy import Select

from mailings.channels.sms.parts import MOST, length_of
from mailings.channels.sms.words import PART, Words
from mailings.errors import Unreadable
from mailings.message import Message, Offer, Short


class CompiledSms:
    """A mailing compiled: `select` reads rows, `offer` makes a message of one. Holds no session. `whose` = its sender and its mark."""

    def __init__(self, words: Words, whose: tuple[str, str], names: Sequence[str], rows: Select[Any]) -> None:
        self.words, self.names, self.select = words, names, rows
        self.sender, self._mark = whose
        self._skeleton = words.skeleton(PART)

    def offer(self, row: Sequence[Any]) -> Offer:
        """The offer for one row of `select`: delivery, number, values."""
        return Offer(row[0], row[1], self.sender, Text(self, row))

    def said(self, values: Sequence[Any]) -> str:
        """The text with one recipient's values, in the order of `names`. Raises Unreadable.

        Composed letters (NFC): an å that a Mac writes as a and a ring would make the whole message UCS-2.
        """
        return self._filled(dict(zip(self.names, values, strict=True)))

    def short(self, row: Sequence[Any]) -> Short:
        """The message of one row. Raises Unreadable where nothing is left of it, and where it is too long."""
        text = self.said(row[2:])
        length = length_of(text)
        if not length.parts:
            raise Unreadable("The text is empty for this recipient.")
        if length.parts > MOST:
            raise Unreadable(f"The text is {length.parts} parts long for this recipient; networks take {MOST}.")
        return Short(self.sender, text, length.parts, self._mark)

    def _filled(self, values: Mapping[str, Any]) -> str:
        slots = self._skeleton.slots(values)
        pieces = self._skeleton.pieces[PART]
        return normalize("NFC", "".join(piece if isinstance(piece, str) else slots[piece] for piece in pieces)).strip()


@dataclass(frozen=True, slots=True)
class Text(Message):
    """One recipient's message, not yet put together."""

    compiled: CompiledSms
    row: Sequence[Any]
    channel: ClassVar[str] = "sms"

    def short(self) -> Short:
        """The text message. Raises Unreadable when it cannot be put together for this recipient."""
        return self.compiled.short(self.row)
