"""What a reader's form posts: names and values, whatever way a browser or a mail provider encodes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated
from urllib.parse import parse_qsl

from fastapi import Depends, Request
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException

MOST = 500  # fields; a preferences page has two for each topic
UPLOADS = "/desk/import"  # the only pages that take a file; web/bodies.py reads a large body for them alone
BODILESS = frozenset({"GET", "HEAD"})


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that was sent along. `name` = its last part, as the browser called it: for people to read, never a path to write to."""

    name: str
    content: bytes = field(repr=False)


class Posted:
    """The fields of one post. A body that cannot be read has none: then nothing was asked for."""

    def __init__(self, fields: Sequence[tuple[str, str]] = (), files: Mapping[str, Upload] | None = None) -> None:
        self._fields = [(name, value.replace("\0", "")) for name, value in fields]  # PostgreSQL keeps no such character
        self._files = files or {}

    def __contains__(self, name: str) -> bool:
        return any(name == known for known, _ in self._fields)

    def first(self, name: str) -> str:
        """The value of a field, the first of several; empty where there is none."""
        return next((value for known, value in self._fields if known == name), "")

    def numbers(self, name: str) -> set[int]:
        """The values of a field that are small whole numbers."""
        return {int(value) for known, value in self._fields if known == name and value.isascii() and value.isdigit() and len(value) < 10}

    def all(self, name: str) -> list[str]:
        """Every value of a field, in order."""
        return [value for known, value in self._fields if known == name]

    def file(self, name: str) -> Upload | None:
        """The file of a field; None where none was chosen."""
        return self._files.get(name)


async def posted(request: Request) -> Posted:
    """Reads the body: multipart where it says so, else as a form (RFC 8058 lets mail providers use either)."""
    if request.method in BODILESS:  # nobody has counted such a body
        return Posted()
    if request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        return await _multipart(request)
    try:
        pairs = parse_qsl((await request.body()).decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=MOST)
    except ValueError:
        return Posted()
    return Posted(pairs)


async def _multipart(request: Request) -> Posted:
    try:
        form: FormData = await request.form(max_files=int(request.url.path.startswith(UPLOADS)), max_fields=MOST)
    except (HTTPException, ValueError):
        return Posted()
    files = {name: await _read(sent) for name, sent in form.multi_items() if isinstance(sent, UploadFile) and sent.filename}
    return Posted([(name, value) for name, value in form.multi_items() if isinstance(value, str)], files)


async def _read(sent: UploadFile) -> Upload:
    name = "".join(letter for letter in (sent.filename or "").replace("\\", "/").rpartition("/")[2] if letter.isprintable())
    try:
        return Upload(name[:200], await sent.read())
    finally:
        await sent.close()


Fields = Annotated[Posted, Depends(posted)]
