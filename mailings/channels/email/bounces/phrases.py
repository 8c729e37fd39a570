"""The words this package knows, which stand in text files beside it: sections of regular expressions, one a line."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path


@cache
def sections(file: str) -> tuple[tuple[str, str], ...]:
    """The sections of a file in order: name, and one expression that fits whatever any of its lines does."""
    found: list[tuple[str, list[str]]] = []
    for line in Path(__file__).with_name(file).read_text(encoding="utf-8").splitlines():
        if section := re.fullmatch(r"\[([\w ]+)\]", line):
            found.append((section[1], []))
        elif line and not line.startswith("#"):
            found[-1][1].append(line)
    return tuple((name, f"(?:{'|'.join(lines)})") for name, lines in found)


def either(section: str) -> str:
    """The expression of one section of words.txt, to be built into another."""
    return dict(sections("words.txt"))[section]


def words(section: str) -> re.Pattern[str]:
    """The expression of one section of words.txt, over letters of any size."""
    return re.compile(either(section), re.IGNORECASE)
