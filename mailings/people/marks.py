"""Marks whom an import has met already."""

from __future__ import annotations


class Marks:
    """Whom we have met, a byte for each id: 1 MB for a million people where a set takes 60."""

    def __init__(self) -> None:
        self.met = bytearray()

    def first(self, number: int) -> bool:
        """True the first time."""
        if number >= len(self.met):
            self.met.extend(bytes(number + 1 - len(self.met)))
        if self.met[number]:
            return False
        self.met[number] = 1
        return True
