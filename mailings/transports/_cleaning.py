"""Makes what strangers send fit to be kept: sane lengths, no signs a database refuses, at most six levels deep."""

from __future__ import annotations

import json
import math
import re
from typing import Any

LONGEST = 2000  # characters of a text; a server's answer has a few hundred
MOST = 100  # entries of a list or an object
DEEPEST = 6

# PostgreSQL takes no NUL, and half a surrogate pair is no text in UTF-8
_REFUSED = re.compile("[\x00\ud800-\udfff]")


def cleaned(value: Any, depth: int = 0) -> Any:
    """A JSON value with every text cut and cleaned, every list and object cut, and what is nested too deep left out."""
    if isinstance(value, str):
        return text_of(value, LONGEST)
    if isinstance(value, dict | list):
        return _inside(value, depth) if depth < DEEPEST else "..."
    if isinstance(value, int) and abs(value) >= 1 << 63:
        return str(value)[:LONGEST]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _inside(value: dict[Any, Any] | list[Any], depth: int) -> dict[str, Any] | list[Any]:
    if isinstance(value, dict):
        return {text_of(key, 200): cleaned(value[key], depth + 1) for key in list(value)[:MOST]}
    return [cleaned(one, depth + 1) for one in value[:MOST]]


def text_of(value: object, longest: int) -> str:
    """A text or number as a clean text of at most that many characters; empty for everything else."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return _REFUSED.sub("", str(value)[: longest * 2])[:longest]


def loaded(body: bytes) -> Any:
    """The JSON value of a body. Raises ValueError for what is none, or too deep."""
    try:
        return json.loads(body)
    except RecursionError:
        raise ValueError("nested too deep") from None
