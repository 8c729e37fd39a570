"""Counts and mail domains as people read them: `1 recipient`, `1,200 recipients`, `bücher.test`. Programs are given the plain form."""

from __future__ import annotations

import re

_CODED = re.compile(r"(?:[a-z0-9-]+\.)*xn--[a-z0-9-]+(?:\.[a-z0-9-]+)*")


def counted(n: float, one: str, more: str = "") -> str:
    """`1 recipient`, `1,200 recipients`, `0.5 hours`; `more` where an s at the end does not do, as in `1 person`, `2 people`."""
    number = f"{n:,}" if isinstance(n, int) else f"{n:,g}"
    return f"{number} {one if n == 1 else more or f'{one}s'}"


def spoken(text: str) -> str:
    """The text with its mail domains as people write them: søn.test for xn--sn-lka.test. One that is no such name stays as it is."""
    return _CODED.sub(lambda found: _decoded(found[0]), text) if "xn--" in text else text


def _decoded(domain: str) -> str:
    try:
        return domain.encode("ascii").decode("idna")
    except UnicodeError:
        return domain
