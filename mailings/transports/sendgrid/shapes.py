"""What a large slot says to everybody alike, such as a loop's markup: found by comparing, so that only the rest goes with each."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import groupby
from typing import NamedTuple

WORTH = 300  # characters alike, below which nothing is gained
MOST_HOLES = 24
SHORTEST = 8  # characters between two holes; less is made part of them
_SURROGATE = re.compile("[\ud800-\udfff]")
_WORD = re.compile(r"[\w.-]+|[^\w.-]+")


class Shape(NamedTuple):
    """Stretches of text with a hole between each two: any value it fits is put together again from its holes, to the letter."""

    stretches: tuple[str, ...]

    def holes(self, value: str) -> list[str] | None:
        """What stands in the holes; None for a value of another shape."""
        first, *others = self.stretches
        if not others:
            return [] if value == first else None
        if not value.startswith(first):
            return None
        at, found, last = len(first), [], others.pop()
        for stretch in others:
            begins = value.find(stretch, at)
            if begins < 0:
                return None
            found.append(value[at:begins])
            at = begins + len(stretch)
        ends = len(value) - len(last)
        if ends < at or not value.endswith(last):
            return None
        return [*found, value[at:ends]]

    def filled(self, holes: Sequence[str]) -> str:
        """The value with these in its holes."""
        first, *others = self.stretches
        return first + "".join(hole + stretch for hole, stretch in zip(holes, others, strict=True))


def shape_of(values: Sequence[str]) -> Shape | None:
    """The shape of values that have as many words each, and differ in few; None where that is not so, or not worth it."""
    if min(map(len, values)) < WORTH:
        return None
    worded = [_WORD.findall(value) for value in values]
    if len({len(words) for words in worded}) > 1:
        return None
    pieces: list[str | None] = []  # None: a hole
    for alike, places in groupby(zip(*worded, strict=True), key=lambda words: len(set(words)) == 1):
        text = "".join(words[0] for words in places)
        pieces.append(text if alike else None)
    shape = Shape(tuple(_stretches(pieces)))
    if sum(map(len, shape.stretches)) < WORTH or len(shape.stretches) > MOST_HOLES:
        return None
    if any(_SURROGATE.search(stretch) for stretch in shape.stretches):  # no UTF-8 can hold it: it stays that recipient's trouble
        return None
    return shape if all(shape.holes(value) is not None for value in values) else None


def _stretches(pieces: list[str | None]) -> list[str]:
    """The stretches; short ones between two holes are left to them."""
    found, begun = [""], False
    for place, piece in enumerate(pieces):
        if piece is None:
            begun = True
        elif begun and len(piece) < SHORTEST and place < len(pieces) - 1:
            continue
        elif begun:
            found.append(piece)
            begun = False
        else:
            found[-1] += piece
    return [*found, ""] if begun else found
