"""A Maildir, read and left as it is: whoever else reads, moves or marks its messages changes nothing for us."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from mailings.channels.email.mailboxes.letters import LARGEST, SETTING, Letter, in_portions
from mailings.errors import Unreadable

TOGETHER = 2000  # names asked for at once


class Maildir:
    """A Maildir by its path. A message's name is that of its file without the flags behind the colon, which mail programs change."""

    in_order = False

    def __init__(self, path: str) -> None:
        self.path = Path(path)
        self.shown = f"maildir:{path}"
        self._files: dict[str, str] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_failed: object) -> None:
        self._files = {}

    def names(self, after: str | None = None) -> Iterator[list[str]]:
        """The names of all messages, in no order; there is no `after`."""
        for some in in_portions(self._entries(), TOGETHER):
            self._files = {entry.name.partition(":")[0]: entry.path for entry in some}
            yield list(self._files)

    def letters(self, names: Sequence[str]) -> Iterator[Letter]:
        """The messages of these names. One that was moved meanwhile is left out: the next look finds it."""
        for name in names:
            if (letter := _letter(name, self._files[name])) is not None:
                yield letter

    def since(self, moment: float) -> Iterator[bytes]:
        """The beginnings of the files that arrived since, in no order; one that is moved or locked meanwhile is passed over."""
        for entry in self._entries(moment):
            letter = _letter(entry.name, entry.path)
            if letter is not None and letter.content is not None:
                yield letter.content

    def _entries(self, since: float | None = None) -> Iterator[os.DirEntry[str]]:
        for folder in ("new", "cur"):
            try:
                entries = os.scandir(self.path / folder)
            except OSError as error:
                why = (error.strerror or "it cannot be read").lower()
                raise Unreadable(f"{SETTING}: {self.path} is no Maildir that can be read ({why}).") from error
            with entries:
                yield from (entry for entry in entries if _is_message(entry, since))


def _is_message(entry: os.DirEntry[str], since: float | None) -> bool:
    try:
        return entry.is_file(follow_symlinks=False) and (since is None or entry.stat(follow_symlinks=False).st_mtime >= since)
    except OSError:
        return False


def _letter(name: str, path: str) -> Letter | None:
    try:
        with Path(path).open("rb") as opened:
            arrived = datetime.fromtimestamp(os.fstat(opened.fileno()).st_mtime, UTC)
            return Letter(name, arrived, opened.read(LARGEST))
    except FileNotFoundError:
        return None
    except OSError:
        return Letter(name, datetime.now(UTC), None)
