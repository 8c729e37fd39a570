"""The order of names in the reader's alphabet: æ, ø and å behind z where people look for them there, elsewhere beside a and o."""

from __future__ import annotations

from collections.abc import Sequence
from unicodedata import combining, normalize

#: the letters that have places of their own behind z, in their order
_BEHIND_Z = {"da": "æøå", "no": "æøå", "nb": "æøå", "nn": "æøå", "sv": "åäö", "fi": "åäö"}
#: letters that another alphabet has and ours sorts with one of its own
_AS = {
    "da": {"ä": "æ", "ö": "ø"},
    "no": {"ä": "æ", "ö": "ø"},
    "nb": {"ä": "æ", "ö": "ø"},
    "nn": {"ä": "æ", "ö": "ø"},
    "sv": {"æ": "ä", "ø": "ö"},
    "fi": {"æ": "ä", "ø": "ö"},
}
_ELSEWHERE = {"æ": "ae", "ø": "o", "ß": "ss", "ĳ": "ij", "đ": "d", "ð": "d", "þ": "th", "ł": "l", "œ": "oe"}


def order_of(key: Sequence[str], language: str) -> tuple[str, ...]:
    """What to compare instead of these texts, so that they come in the order of the language's alphabet."""
    spoken = language[:2].lower()
    return tuple(_sorted_as(text, _BEHIND_Z.get(spoken, ""), _AS.get(spoken, {})) for text in key)


def _sorted_as(text: str, behind: str, same: dict[str, str]) -> str:
    found = []
    for letter in normalize("NFC", text).casefold():
        ours = same.get(letter, letter)
        if ours in behind:
            found.append(f"z\uffff{behind.index(ours)}")
        elif ours in _ELSEWHERE:
            found.append(_ELSEWHERE[ours])
        else:
            found.append("".join(mark for mark in normalize("NFD", ours) if not combining(mark)))
    return "".join(found)
