"""What Postfix wrote down of our messages: whether it took them, and whether it gave one back (MAILINGS_SMTP_LOG).

A message is in Postfix's hands when its queue manager has it: `queue active`, or any later line that names its recipient. The line
of `cleanup` with the Message-ID comes while the message is still being received, and alone proves nothing: a client that vanishes
before the end leaves it too. Nor does absence prove anything: logs are rotated, and lines are lost.
A log of the last server and one of a relay look alike, so `status=sent` is `sent` and never `delivered`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from mailings.errors import Unreadable
from mailings.message import Sought, Word

SOURCE = "postfix log"
LONGEST = 16_384  # bytes of a line that are looked at; Postfix's own are far shorter, and a torn file may hold no line end at all
SKEW = 3600.0  # seconds by which a file may seem older than it is: another host's clock

_LINE = re.compile(rb"\]: ([0-9A-Za-z]{5,32}): (.*)")
_MESSAGE_ID = re.compile(rb"message-id=(<[^<>]*>)")
_TAKEN = re.compile(rb"from=<[^>]*>, .*\(queue active\)")
_STATUS = re.compile(rb"(?:to|from)=<.*, status=(sent|bounced|deferred|expired)")


def words_of(log: Path, sought: Sought) -> Iterator[Word]:
    """What the log and the one before it (FILE.1) say of what is sought, in one pass. Raises Unreadable.

    Memory: the messages that were in Postfix's queue at one time, and no line of the file but theirs.
    """
    following = _Following(sought)
    for file in (log.with_name(log.name + ".1"), log):
        try:
            if file == log or (file.is_file() and file.stat().st_mtime > sought.since - SKEW):
                with file.open("rb") as lines:
                    yield from following.words(lines)
        except OSError as error:
            why = error.strerror or "it cannot be read"
            raise Unreadable(f"MAILINGS_SMTP_LOG: {file} cannot be read ({why.lower()}); nothing in doubt was given up.") from error
    yield from following.rest()


class _Following:
    """Messages of ours by their queue names, from the Message-ID to `removed`."""

    def __init__(self, sought: Sought) -> None:
        self._sought = sought
        self._queued: dict[bytes, int] = {}
        self._active: dict[bytes, bytes] = {}  # taken, and nothing better said yet

    def words(self, lines: BinaryIO) -> Iterator[Word]:
        """What the lines say, as far as it is final."""
        while line := lines.readline(LONGEST):
            if b": message-id=" in line:
                self._begin(line)
            elif self._queued and (read := _LINE.search(line)) and read[1] in self._queued:
                yield from self._follow(read[1], read[2], line)

    def rest(self) -> Iterator[Word]:
        """What is still in the queue when the log ends."""
        for name, line in self._active.items():
            yield _word(self._queued[name], "sent", line)

    def _begin(self, line: bytes) -> None:
        read = _LINE.search(line)
        if read is None:
            return
        self._forget(read[1])  # short queue names are used again
        named = _MESSAGE_ID.match(read[2])
        if named and (delivery := self._sought.delivery_of(named[1].decode("ascii", "replace"))) is not None:
            self._queued[read[1]] = delivery

    def _follow(self, name: bytes, said: bytes, line: bytes) -> Iterator[Word]:
        delivery = self._queued[name]
        if status := _STATUS.match(said):
            self._active.pop(name, None)
            yield _word(delivery, "bounced" if status[1] in (b"bounced", b"expired") else "sent", line)
        elif _TAKEN.match(said):
            self._active.setdefault(name, line)
        elif said.startswith(b"removed") and (taken := self._forget(name)):
            yield _word(delivery, "sent", taken)

    def _forget(self, name: bytes) -> bytes | None:
        self._queued.pop(name, None)
        return self._active.pop(name, None)


def _word(delivery: int, verdict: str, line: bytes) -> Word:
    return Word(delivery, verdict, SOURCE, line.decode("utf-8", "replace"))
