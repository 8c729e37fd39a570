"""Takes a full name apart, as far as that can be done without guessing much: first, middle and last name."""

from __future__ import annotations

import re

#: words that belong to the last name that follows them: tussenvoegsels, von and de
PARTICLES = frozenset(re.findall(r"\S+", "van de der den het 't ter ten te von vom zu zum zur af av la le du des di da dos del op in"))
#: words behind a name that show it to be no person's
_FIRMS = frozenset(re.findall(r"\S+", "as asa a/s aps ab oy oyj bv b.v. nv n.v. gmbh ag kg ltd ltd. inc inc. llc plc enk ans hb vof"))


def parted(name: str) -> tuple[str, str, str]:
    """(first, middle, last) of `Anna Marie Berg`, `Jan van der Berg`, `Berg, Anna`. A single word, or a firm, is no part: ("", "", "")."""
    last, comma, firsts = name.partition(",")
    words = name.split()
    if len(words) < 2 or words[-1].casefold().strip(",") in _FIRMS or "@" in name:
        return "", "", ""
    if comma:
        given = firsts.split()
        return (given[0], " ".join(given[1:]), last.strip()) if given and last.strip() else ("", "", "")
    start = len(words) - 1
    while start > 1 and words[start - 1].casefold() in PARTICLES:
        start -= 1
    return words[0], " ".join(words[1:start]), " ".join(words[start:])
