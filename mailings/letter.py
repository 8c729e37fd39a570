"""A message as its parts, before it is put together: the form letter all share, and what is one recipient's own; a letter's page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple


@dataclass(frozen=True)
class File:
    """A file that travels along: an attachment by its name, or an inline image by its cid."""

    name: str
    content_type: str
    data: bytes
    inline: bool = False


class Mailbox(NamedTuple):
    """A name, possibly empty, and an address with an ASCII domain."""

    name: str
    address: str


@dataclass(frozen=True, eq=False)
class FormLetter:
    """What all messages of a mailing share: its parts as texts and numbers of slots in turn. One object a mailing and run.

    Nothing is encoded; values in the HTML's slots are escaped already, and each slot belongs to one part only (save the base of links).
    """

    subject: Sequence[str | int]
    text: Sequence[str | int]
    html: Sequence[str | int]
    files: Sequence[File] = ()
    headers: Mapping[str, str] = field(default_factory=dict)  # the same in every message: Feedback-ID, Precedence
    category: str = ""  # the mailing's name


@dataclass(frozen=True, slots=True)
class Filled:
    """One recipient's message as a form letter and what goes into it: `slots[n]` stands wherever the letter has n; -1 is the last."""

    letter: FormLetter
    slots: Sequence[str]
    to: Mailbox
    sender: Mailbox  # From
    reply_to: Mailbox | None  # None = answers go to the sender
    headers: Mapping[str, str]  # final, this recipient's own: List-Unsubscribe
    mark: str  # the mailing's own, so that another installation's delivery of the same number is told apart

    def shown(self, part: Sequence[str | int]) -> str:
        """A part as the recipient reads it."""
        return "".join(piece if isinstance(piece, str) else self.slots[piece] for piece in part)


@dataclass(frozen=True, eq=False)
class Stack:
    """What all letters of a mailing share: `name` of the mailing and its PDF, `mark` that is the mailing's alone, images by their cid.

    One object a mailing and run. `language` = the one whose alphabet letters are sorted by.
    """

    name: str = ""
    mark: str = ""
    files: Sequence[File] = ()
    language: str = "en"


@dataclass(frozen=True, slots=True)
class Page:
    """One recipient's letter before it is printed: its pages as HTML or as a Word document, and how it is found in the merged PDF.

    `lines` = the postal address as an envelope has it; `key` = by what letters are sorted.
    """

    kind: str  # html, docx
    content: bytes
    title: str  # its bookmark: for whom it is
    lines: tuple[str, ...] = ()
    key: tuple[str, ...] = ()
    stack: Stack = field(default_factory=Stack)


class Texted(NamedTuple):
    """A text message that was handed over, as its provider may list it. `at` in seconds since 1970.

    `known` = the provider's names of other messages to the same number.
    """

    delivery: int
    number: str
    text: str
    at: float
    known: frozenset[str]
