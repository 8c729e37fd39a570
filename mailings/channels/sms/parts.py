"""How long a text message is: the parts a phone gets it in, by the letters it is written with (GSM 03.38, UCS-2; domain.md D15)."""

from __future__ import annotations

import re
from typing import NamedTuple

MOST = 10  #: parts of one message; longer ones are refused by most networks

#: the default alphabet of GSM 03.38 (3GPP TS 23.038, 6.2.1), without the escape; each letter takes one of 160 places
BASIC = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
#: its extension table (6.2.1.1): each letter is written as an escape and a letter, so it takes two
EXTENDED = "\f^{}\\[~]|€"
ALONE, JOINED = 160, 153  # places of a message in one part, and of each part of several: its header takes seven
ALONE_WIDE, JOINED_WIDE = 70, 67  # the same in UCS-2, in UTF-16 units

_GSM = re.compile(f"[{re.escape(BASIC + EXTENDED)}]*")
_EXTENDED = re.compile(f"[{re.escape(EXTENDED)}]")
_FOREIGN = re.compile(f"[^{re.escape(BASIC + EXTENDED)}]")


class Length(NamedTuple):
    """How long a text is: its `parts`, and whether they are written in UCS-2 (`wide`)."""

    parts: int
    wide: bool


def length_of(text: str) -> Length:
    """The parts a phone gets the text in: 160 places alone, 153 each of several; 70 and 67 where one letter is not of GSM 03.38.

    Neither an escape sequence nor a surrogate pair is split between two parts. An empty text has none.
    """
    if _GSM.fullmatch(text):
        double = len(_EXTENDED.findall(text))
        if len(text) + double <= ALONE:
            return Length(1 if text else 0, wide=False)
        return Length(_cut([2 if sign in EXTENDED else 1 for sign in text], JOINED) if double else -(-len(text) // JOINED), wide=False)
    widths = [2 if ord(sign) > 0xFFFF else 1 for sign in text]
    return Length(1 if sum(widths) <= ALONE_WIDE else _cut(widths, JOINED_WIDE), wide=True)


def foreign(text: str) -> list[str]:
    """The letters that GSM 03.38 does not have, each once, in the order they come: because of one of them all is UCS-2."""
    return list(dict.fromkeys(_FOREIGN.findall(text)))


def _cut(widths: list[int], room: int) -> int:
    parts, left = 1, room
    for width in widths:
        if width > left:
            parts, left = parts + 1, room
        left -= width
    return parts
