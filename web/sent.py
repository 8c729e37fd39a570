"""Reads what a visitor's browser sends with a form: fields and files, bounded in number, whatever the browser says they are."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from fastapi import Request
from python_multipart.multipart import parse_options_header
from starlette.datastructures import FormData, Headers, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from mailings.forms.answers import Posted, SentFile

MOST = 2_000  # parts that are no files: a form has at most 200 fields, and a list of boxes has one for each that is ticked
FILES = 100
LONGEST = 256 * 1024  # bytes of one part that is no file; the longest text a field takes has 80 kB
_BOUNDARY = re.compile(rb"[0-9A-Za-z'()+_,./:=? -]{1,200}")  # RFC 2046
FIELD = "field_"  #: stands before the identifier of a field, so that none is taken for one of ours


@dataclass(frozen=True, slots=True)
class Sent:
    """One post: the form's fields by identifier, and what our page adds by its names. `whole` False = it could not be read."""

    posted: Posted
    more: dict[str, str] = field(default_factory=dict)
    whole: bool = True


async def sent(request: Request) -> Sent:
    """What was posted. Never raises: what cannot be read has no fields."""
    body = await request.body()
    kind, options = parse_options_header(request.headers.get("content-type", "").encode("latin-1"))
    if kind != b"multipart/form-data":
        return _plain(body)
    boundary = options.get(b"boundary", b"")
    if not _BOUNDARY.fullmatch(boundary):
        return Sent(Posted({}), whole=False)
    return await _parts(body, boundary)


def _plain(body: bytes) -> Sent:
    try:
        pairs = parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=MOST)
    except ValueError:
        return Sent(Posted({}), whole=False)
    return _sorted(pairs, {})


async def _parts(body: bytes, boundary: bytes) -> Sent:
    # only the boundary is passed on: a charset of the sender's choice would decide what its bytes mean, and how long reading them takes
    headers = Headers(raw=[(b"content-type", b'multipart/form-data; boundary="' + boundary + b'"')])
    parser = MultiPartParser(headers, _stream(body), max_files=FILES, max_fields=MOST, max_part_size=LONGEST)
    parser.spool_max_size = len(body) + 1  # it is in memory already, within its budget: no second copy on the disk
    try:
        form = await parser.parse()
    except (MultiPartException, ValueError, KeyError):
        return Sent(Posted({}), whole=False)
    files: dict[str, list[SentFile]] = {}
    for name, part in form.multi_items():
        if isinstance(part, UploadFile) and name.startswith(FIELD):
            read = SentFile(part.filename or "", part.content_type or "", await part.read())
            files.setdefault(name.removeprefix(FIELD), []).append(read)
    pairs = _texts(form)
    await form.close()
    return _sorted(pairs, files)


def _texts(form: FormData) -> list[tuple[str, str]]:
    return [(name, part) for name, part in form.multi_items() if isinstance(part, str)]


def _sorted(pairs: list[tuple[str, str]], files: dict[str, list[SentFile]]) -> Sent:
    fields: dict[str, list[str]] = {}
    more: dict[str, str] = {}
    for name, value in pairs:
        text = value.replace("\0", "")  # PostgreSQL keeps no such character
        if name.startswith(FIELD):
            fields.setdefault(name.removeprefix(FIELD), []).append(text)
        else:
            more.setdefault(name, text)
    return Sent(Posted(fields, files), more)


async def _stream(body: bytes) -> AsyncGenerator[bytes, None]:
    step = 1 << 20
    for start in range(0, len(body), step):
        yield body[start : start + step]
    yield b""
