"""How text stands in a message: quoted-printable (RFC 2045 6.7), 8bit or as it is, in pieces that are encoded alone and put together."""

from __future__ import annotations

import re
from binascii import b2a_qp
from functools import lru_cache
from typing import Protocol

LINE = 76  # characters of a quoted-printable line, without its end
SOFT = "=\r\n"
#: short text of one line that stands for itself; no dot in front (SMTP would have to stuff it), no space at the end
_PLAIN = re.compile(r"(?!\.)[\t -<>-~]{0,74}[!-<>-~]")


class Encoding(Protocol):
    """One way to put text into a message."""

    name: str

    def piece(self, text: str) -> str:
        """`text` encoded so that encoded pieces, put together, are the encoding of the texts put together."""
        ...


class Quoted:
    """Quoted-printable. Every piece begins and ends at the beginning of a line, by a soft break where the text has none."""

    name = "quoted-printable"

    def piece(self, text: str) -> str:
        """ASCII, lines of at most 76 characters with CRLF ends, none beginning with a dot."""
        if _PLAIN.fullmatch(text):
            return text + SOFT
        if not text:
            return ""
        return _quoted(text)


class EightBit:
    """The text itself with CRLF ends; only for messages without a line of more than 998 bytes (RFC 5321 4.5.3.1.6)."""

    name = "8bit"

    def piece(self, text: str) -> str:
        """`text` with CRLF line ends."""
        return one_line_end(text).replace("\n", "\r\n") if "\n" in text or "\r" in text else text


class Bare:
    """The text itself: what a provider's interface takes, and what previews and tests compare."""

    name = "bare"

    def piece(self, text: str) -> str:
        """`text` with `\\n` line ends."""
        return one_line_end(text)


def one_line_end(text: str) -> str:
    """`text` with every kind of line end as `\\n`."""
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


@lru_cache(maxsize=2048)  # the literals of a loop, the names of a company: the same for many recipients
def _quoted(text: str) -> str:
    # the line end in front makes b2a_qp end its own lines with CRLF too; it is taken away again
    lines = ("\n" + one_line_end(text)).replace("\n", "\r\n").encode("utf-8", "replace")
    encoded = b2a_qp(lines, istext=True).decode("ascii")[2:]
    # b2a_qp leaves dots in front, and makes a line of 77 characters where it encodes a space at the line's end
    encoded = "\r\n".join(line if len(line) <= LINE and line[:1] != "." else _fitting(line) for line in encoded.split("\r\n"))
    if encoded.endswith("\n"):
        return encoded
    last = encoded.rpartition("\n")[2]
    return encoded + SOFT if len(last) < LINE else encoded[: -len(last)] + _broken(last) + SOFT


def _fitting(line: str) -> str:
    if line[:1] == ".":
        line = "=2E" + line[1:]
    return line if len(line) <= LINE else _broken(line)


def _broken(line: str) -> str:
    cut = LINE - 6  # leaves room for the soft break, and never stands inside an =XX
    while "=" in line[cut - 2 : cut]:
        cut -= 1
    return line[:cut] + SOFT + _fitting(line[cut:])
