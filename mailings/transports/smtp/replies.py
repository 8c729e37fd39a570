"""A server's replies, cut from the bytes as they come (RFC 5321, 4.2; enhanced status codes RFC 2034)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from mailings.errors import Unreadable

_LINE = re.compile(rb"([2-5][0-9][0-9])(?:([ -])(.*?))?\r?")
_STATUS = re.compile(r"([245]\.[0-9]{1,3}\.[0-9]{1,3})(?: +|$)", re.MULTILINE)
_LONGEST = 65_536  # bytes of one reply; RFC 5321 allows 512 a line, nobody needs a hundred lines
_TOLD = 400  # characters of a reason worth keeping


@dataclass(slots=True)
class Reply:
    """One whole reply. `said` is what stood behind the codes, one line each; most of it nobody ever reads."""

    code: int
    said: bytes = b""

    @property
    def text(self) -> str:
        """`said`, as text."""
        return self.said.decode("utf-8", "replace")

    @property
    def positive(self) -> bool:
        """2xx: done."""
        return 200 <= self.code < 300

    @property
    def status(self) -> str | None:
        """The enhanced status code, such as 5.1.1, when the server gave one of the reply's own class."""
        found = _STATUS.match(self.text)
        return found[1] if found and found[1][0] == str(self.code)[0] else None

    @property
    def full_code(self) -> str:
        """`550 5.1.1`, or `550`."""
        return f"{self.code} {self.status}" if self.status else str(self.code)

    @property
    def reason(self) -> str:
        """The words alone, on one line, without control characters, cut where they become too many."""
        words = _STATUS.sub("", self.text) if self.status else self.text
        return " ".join("".join(c if c.isprintable() else " " for c in words).split())[:_TOLD]

    def __str__(self) -> str:
        return f"{self.full_code} {self.reason}".strip()


class Replies:
    """Collects bytes until replies are whole."""

    def __init__(self) -> None:
        self._rest = b""
        self._lines: list[bytes] = []
        self.garbage: Unreadable | None = None  #: set where what came next is no SMTP, which ends the conversation

    @property
    def between(self) -> bool:
        """True when no part of a further reply has come yet."""
        return not self._rest and not self._lines

    def feed(self, received: bytes) -> list[Reply]:
        """The replies that `received` completes, up to where it is no SMTP; what stood before `garbage` still holds."""
        *lines, self._rest = (self._rest + received).split(b"\n")
        whole = []
        for line in lines:
            found = _LINE.fullmatch(line)
            if found is None:
                self.garbage = Unreadable(f"The server answered {line[:60].decode('ascii', 'backslashreplace')!r}, which is no SMTP reply.")
                break
            self._lines.append(found[3] or b"")
            if found[2] != b"-":
                whole.append(Reply(int(found[1]), b"\n".join(self._lines)))
                self._lines = []
        if self._lines or self._rest:
            self._check_length()
        return whole

    def _check_length(self) -> None:
        if len(self._rest) + sum(map(len, self._lines)) + len(self._lines) > _LONGEST:
            self.garbage = Unreadable("The server's reply does not end.")
