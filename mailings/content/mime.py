"""The whole message put together once: headers, parts and files encoded at compile time, with places for what is one recipient's own."""

from __future__ import annotations

from collections.abc import Sequence
from email.message import MIMEPart
from email.policy import SMTP
from hashlib import sha256
from itertools import chain

from mailings.content.skeleton import BASE_PLACE, Piece
from mailings.letter import File

HEADERS_PLACE = -2  #: in `Frame.places`: the headers of one recipient
LONGEST_LINE = 998  # bytes without CRLF, RFC 5321 4.5.3.1.6


class Frame:
    """A message with places. `filled` puts one recipient's slots, base and headers into them.

    Kept as bytes: one wide letter anywhere makes Python encode the whole 43 kB letter by letter, 54 us a message against 1.
    """

    def __init__(self, pieces: Sequence[Piece]) -> None:
        constants, self._places = _alternating(pieces)
        self._row: list[bytes] = list(chain.from_iterable((constant.encode("utf-8", "replace"), b"") for constant in constants))
        self._row.pop()

    def filled(self, slots: list[str], base: str, headers: str) -> bytes:
        """The message of one recipient."""
        row = self._row.copy()
        # the two special places are counted from the end of the list
        values = [value.encode("utf-8", "replace") for value in (*slots, headers, base)]
        row[1::2] = [values[place] for place in self._places]
        return b"".join(row)


def framed(text: Sequence[Piece], html: Sequence[Piece], files: Sequence[File], transfer: str) -> Frame:
    """The frame of a message: alternative(text, related(html, images)) inside mixed(attachments), as far as there is need."""
    names = [transfer, *(piece for piece in (*text, *html) if isinstance(piece, str)), *(file.name for file in files)]
    mark = sha256("\0".join(names).encode()).hexdigest()[:24]  # "=_" in front cannot stand in quoted-printable or base64
    body = _multipart("alternative", f"=_a{mark}", [_text("plain", text, transfer), _text("html", html, transfer)], transfer)
    images = [file for file in files if file.inline]
    if images:
        inner = _multipart("related", f"=_r{mark}", [_text("html", html, transfer), *map(_file, images)], transfer)
        body = _multipart("alternative", f"=_a{mark}", [_text("plain", text, transfer), inner], transfer)
    attachments = [file for file in files if not file.inline]
    if attachments:
        body = _multipart("mixed", f"=_m{mark}", [body, *map(_file, attachments)], transfer)
    return Frame([HEADERS_PLACE, "MIME-Version: 1.0\r\n", *body])


def _text(subtype: str, pieces: Sequence[Piece], transfer: str) -> list[Piece]:
    head = f'Content-Type: text/{subtype}; charset="utf-8"\r\nContent-Transfer-Encoding: {transfer}\r\n\r\n'
    return [head, *pieces]


def _multipart(subtype: str, boundary: str, parts: Sequence[Sequence[Piece]], transfer: str) -> list[Piece]:
    outer = "" if transfer == "quoted-printable" else f"Content-Transfer-Encoding: {transfer}\r\n"
    pieces: list[Piece] = [f'Content-Type: multipart/{subtype}; boundary="{boundary}"\r\n{outer}\r\n']
    for part in parts:
        pieces += [f"--{boundary}\r\n", *part, "\r\n"]
    return [*pieces, f"--{boundary}--\r\n"]


def _file(file: File) -> list[Piece]:
    part = MIMEPart(policy=SMTP)
    main, _, sub = file.content_type.partition("/")
    if file.inline:
        part.set_content(file.data, main, sub or "octet-stream", cid=f"<{file.name}>", disposition="inline")
    else:
        part.set_content(file.data, main, sub or "octet-stream", disposition="attachment", filename=file.name)
    return [part.as_bytes().decode("ascii")]


def _alternating(pieces: Sequence[Piece]) -> tuple[list[str], list[int]]:
    constants, places = [""], []
    for piece in pieces:
        if isinstance(piece, str):
            constants[-1] += piece
        else:
            places.append(piece)
            constants.append("")
    return constants, places


assert (BASE_PLACE, HEADERS_PLACE) == (-1, -2)  # `Frame.filled` counts on it
