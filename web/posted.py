"""What a reader's form posts: names and values, whatever way a browser or a mail provider encodes them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated
from urllib.parse import parse_qsl

from fastapi import Depends, Request
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException

MOST = 500  # fields; a preferences page has two for each topic


class Posted:
    """The fields of one post. A body that cannot be read has none: then nothing was asked for."""

    def __init__(self, fields: Sequence[tuple[str, str]] = ()) -> None:
        self._fields = fields

    def __contains__(self, name: str) -> bool:
        return any(name == known for known, _ in self._fields)

    def first(self, name: str) -> str:
        """The value of a field, the first of several; empty where there is none."""
        return next((value for known, value in self._fields if known == name), "")

    def numbers(self, name: str) -> set[int]:
        """The values of a field that are small whole numbers."""
        return {int(value) for known, value in self._fields if known == name and value.isascii() and value.isdigit() and len(value) < 10}


async def posted(request: Request) -> Posted:
    """Reads the body: multipart where it says so, else as a form (RFC 8058 lets mail providers use either)."""
    if request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        return await _multipart(request)
    try:
        pairs = parse_qsl((await request.body()).decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=MOST)
    except ValueError:
        return Posted()
    return Posted(pairs)


async def _multipart(request: Request) -> Posted:
    try:
        form: FormData = await request.form(max_files=0, max_fields=MOST)
    except (HTTPException, ValueError):
        return Posted()
    return Posted([(name, value) for name, value in form.multi_items() if isinstance(value, str)])


Fields = Annotated[Posted, Depends(posted)]
