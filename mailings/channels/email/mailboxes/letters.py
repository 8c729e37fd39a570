"""What a mailbox is to its reader: names of messages, and the messages by their names. Nothing in it is ever changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import NamedTuple, Protocol, Self, TypeVar

from mailings.errors import Unreadable

SETTING = "MAILINGS_BOUNCE_MAILBOX"
LARGEST = 1 << 18  # bytes that are read of a message: a report stands before the message it gives back, whatever that weighs
T = TypeVar("T")


class Letter(NamedTuple):
    """A message in a mailbox: its name there, when it arrived, and its beginning; no content = it is there and cannot be read."""

    name: str
    arrived: datetime
    content: bytes | None

    def read(self) -> bytes:
        """Its content. Raises Unreadable when it has none."""
        if self.content is None:
            raise Unreadable("it may not be opened")
        return self.content


class Mailbox(Protocol):
    """A mailbox, to be closed after use. Every method may raise Unreadable, Unreachable or Misconfigured."""

    shown: str  #: how it is named to people and remembered: without its password

    @property
    def in_order(self) -> bool:
        """Whether names come in the order of arrival, so that the last one read says where to go on."""
        ...

    def names(self, after: str | None = None) -> Iterator[list[str]]:
        """The names of its messages, some thousands at a time; only those behind `after` where they come in order."""
        ...

    def letters(self, names: Sequence[str]) -> Iterator[Letter]:
        """The messages of these names, of those `names` gave last; one that is gone meanwhile is left out."""
        ...

    def since(self, moment: float) -> Iterator[bytes]:
        """The beginnings of the messages that arrived since, in seconds since 1970; a day's earlier ones may be among them."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *_failed: object) -> None: ...


def in_portions(many: Iterable[T], size: int) -> Iterator[list[T]]:
    """The same in lists of at most `size`, none of them empty."""
    left = iter(many)
    while some := list(islice(left, size)):
        yield some
