"""Takes a message apart in time that grows with its length alone: the library's parser takes a minute for one hostile MiB.

Nothing is refused: what is not well formed is read as far as it goes.
"""

from __future__ import annotations

import binascii
import quopri
import re
from base64 import b64decode
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.header import decode_header

LARGEST = 1 << 18  #: bytes that are read: a report stands before the message it gives back, whatever that weighs
DEEPEST = 6  #: parts within parts
MOST = 60  #: parts in all
HEADERS = 400  #: headers of one part
LONGEST = 4000  #: characters of one header, of one line of text

_HEADER = re.compile(rb"([!-9;-~]{1,80})[ \t]*:[ \t]*(.*)", re.DOTALL)
_WORD = re.compile(r"=\?[^?\s]{1,40}\?[BbQq]\?[^?\s]{0,400}\?=")
_PARAMETER = re.compile(r';\s*([\w*-]{1,40})\s*=\s*(?:"([^"]{0,300})"|([^;\s"]{1,300}))')
#: Python's codecs that are no charset of mail: one takes minutes for a long text, others read escapes
_NO_CHARSETS = (
    "punycode",
    "idna",
    "unicode_escape",
    "unicode-escape",
    "raw_unicode_escape",
    "raw-unicode-escape",
    "undefined",
    "mbcs",
    "oem",
)
_JAPANESE = ("euc_jp", "cp932")  # what is written under the name of ISO-2022-JP
_NESTED = ("message/rfc822", "message/global", "message/partial")


@dataclass(slots=True)
class Part:
    """One part of a message: headers (names in small letters), its content, and the parts within it."""

    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""
    parts: list[Part] = field(default_factory=list)
    type: str = "text/plain"
    parameters: dict[str, str] = field(default_factory=dict)

    def header(self, name: str) -> str:
        """The first header of that name, unfolded and decoded; empty when there is none."""
        return next((value for key, value in self.headers if key == name), "")

    def all(self, name: str) -> list[str]:
        """Every header of that name."""
        return [value for key, value in self.headers if key == name]

    def walk(self) -> Iterator[Part]:
        """This part and those within it, but not into messages it gives back."""
        yield self
        if self.type not in _NESTED:
            for part in self.parts:
                yield from part.walk()

    def text(self) -> str:
        """The content as text: transfer encoding and charset undone, as far as they are true."""
        return _decoded(_plain(self.body, self.header("content-transfer-encoding")), self.parameters.get("charset", ""))


def taken_apart(message: bytes) -> Part:
    """The message as parts. Never raises."""
    cut = message[:LARGEST].replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\0", b"")
    if cut.startswith((b"From ", b">From ")):  # mbox
        cut = cut.partition(b"\n")[2]
    return _part(cut.lstrip(b"\n"), 0, [MOST])


def headers_of(written: bytes) -> Part:
    """A block of header lines alone: the fields of a report, the headers of a message given back."""
    part = Part()
    part.headers, part.body = _headers(written)
    return part


def words(value: str) -> str:
    """RFC 2047 undone, as far as it can be."""
    return _WORD.sub(_word, re.sub(r"(\?=)\s+(?==\?)", r"\1", value)) if "=?" in value else value


def _part(written: bytes, depth: int, left: list[int]) -> Part:
    left[0] -= 1
    part = headers_of(written)
    _typed(part)
    if depth >= DEEPEST or left[0] <= 0:
        return part
    if part.type in _NESTED:
        part.parts = [_part(_plain(part.body, part.header("content-transfer-encoding")).lstrip(b"\n"), depth + 1, left)]
    elif part.type.startswith("multipart/") and (boundary := part.parameters.get("boundary") or _boundary(part.body)):
        pieces = _pieces(part.body, boundary.encode("latin-1", "replace"))
        part.body, inner = pieces[0], pieces[1:]
        for piece in inner:
            if left[0] <= 0:
                break
            part.parts.append(_part(piece, depth + 1, left))
    return part


def _boundary(body: bytes) -> str:
    """The boundary by its first line, where the header that names it is broken."""
    found = re.search(rb"^--([^\s-][^\n\"]{3,80}|-[^\n\"]{4,80}?)[ \t]*$", body[:4000], re.MULTILINE)
    return found[1].decode("latin-1") if found else ""


def _pieces(body: bytes, boundary: bytes) -> list[bytes]:
    """What stands before the first boundary, then the parts."""
    found = re.split(rb"(?:^|\n)--" + re.escape(boundary) + rb"(?=--|[ \t]*\n|[ \t]*\Z)", body, maxsplit=MOST)
    return [found[0], *(piece.removeprefix(b"\n") for piece in found[1:] if not piece.startswith(b"--"))]


def _headers(written: bytes) -> tuple[list[tuple[str, str]], bytes]:
    headers: list[tuple[str, str]] = []
    at, end = 0, len(written)
    while at < end and len(headers) < HEADERS:
        stop = written.find(b"\n", at)
        stop = end if stop < 0 else stop
        if stop == at:
            return headers, written[at + 1 :]
        first = at
        while stop < end and written[stop + 1 : stop + 2] in (b" ", b"\t"):
            following = written.find(b"\n", stop + 1)
            stop = end if following < 0 else following
        named = _HEADER.match(written[first : min(stop, first + LONGEST)])
        if named is None:
            return headers, written[first:]
        headers.append((named[1].decode("ascii").lower(), words(_decoded(re.sub(rb"\s*\n\s*", b" ", named[2]), "")).strip()))
        at = stop + 1
    return headers, written[at:]


def _typed(part: Part) -> None:
    value = part.header("content-type")[:1000]
    part.type = value.partition(";")[0].strip().lower() or "text/plain"
    part.parameters = {name.lower().rstrip("*"): quoted or bare for name, quoted, bare in _PARAMETER.findall(value)}


def _plain(body: bytes, encoding: str) -> bytes:
    match encoding.strip().lower():
        case "base64":
            kept = re.sub(rb"[^A-Za-z0-9+/]", b"", body)
            try:
                return b64decode(kept[: len(kept) - len(kept) % 4] or b"")
            except binascii.Error:
                return body
        case "quoted-printable":
            return quopri.decodestring(body)
        case _:
            return body


def storable(text: str) -> str:
    """Without what no database takes: NUL, and halves of surrogate pairs."""
    return text.replace("\0", "").encode("utf-8", "replace").decode("utf-8")


def _decoded(written: bytes, charset: str) -> str:
    for name in (charset.lower(), "utf-8", *(_JAPANESE if charset.lower().startswith("iso-2022-jp") else ())):
        if name and written and name not in _NO_CHARSETS:
            try:
                return storable(written.decode(name))
            except (LookupError, UnicodeError, ValueError, AttributeError):
                continue
    return storable(written.decode("latin-1"))


def _word(found: re.Match[str]) -> str:
    try:
        [(content, charset)] = decode_header(found[0])
    except Exception:  # what is not well formed stays as it is written
        return found[0]
    return _decoded(content, charset or "") if isinstance(content, bytes) else storable(content)
