"""Tells from a mail server's words why a message came back (causes.txt)."""

from __future__ import annotations

import re
from functools import cache

from mailings.channels.email.bounces.naming import bare
from mailings.channels.email.bounces.phrases import sections, words
from mailings.reported import BounceWhy

LONGEST = 1500  #: characters that are searched
_CODES = re.compile(r"(?<![\w.])[245]\d\d(?:[- ]#?[245]\.\d{1,3}\.\d{1,3})?(?:[- ]|$)|\(?#?[245]\.\d{1,3}\.\d{1,3}\)?")
_SPACE = re.compile(r"\s+")


_AROUND = words("around the cause")


def why_by_words(text: str) -> BounceWhy:
    """The cause the words name; UNKNOWN where they name none."""
    said = _AROUND.sub(" ", told_plainly(text))
    return next((why for why, pattern in _causes() if pattern.search(said)), BounceWhy.UNKNOWN)


def told_plainly(text: str) -> str:
    """Small letters on one line, without addresses and reply codes, which cut sentences in the middle."""
    return _SPACE.sub(" ", _CODES.sub(" ", bare(text[: LONGEST * 2]).lower().replace("’", "'").replace("ʼ", "'"))).strip()[:LONGEST]


@cache
def _causes() -> list[tuple[BounceWhy, re.Pattern[str]]]:
    return [(BounceWhy(name), re.compile(either)) for name, either in sections("causes.txt")]
