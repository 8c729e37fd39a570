"""Tells from a mail server's words why a message came back (causes.txt)."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from mailings.channels.email.bounces.naming import bare
from mailings.reported import BounceWhy

LONGEST = 1500  #: characters that are searched
_CODES = re.compile(r"(?<![\w.])[245]\d\d(?:[- ]#?[245]\.\d{1,3}\.\d{1,3})?(?:[- ]|$)|\(?#?[245]\.\d{1,3}\.\d{1,3}\)?")
_SPACE = re.compile(r"\s+")


#: what is said around the cause, whatever it is
_AROUND = re.compile(
    r"recipient address rejected ?:(?= ?\w)|technical details of (?:the )?(?:temporary|permanent) failure ?:?|this is a permanent error|delivery to the following recipients? failed permanently"
    r"|message will be retried for \d+ more day\(s\)|google tried to deliver your message, but it was rejected by the (?:recipient domain|server for the recipient domain \S+ by \S+(?: \[\S+\])?)\.?"
    r"|we recommend contacting the other e-?mail provider for further information about the cause of this error|the error that the other server returned was ?:?"
    r"|(?:the following|your message|some or all).{0,40}(?:permanent|transient|fatal).{0,20}errors?|transcript of session follows"
    r"|check (?:if|that) (?:the )?(?:e-?mail )?address is (?:correct|valid)|did not like our (?:rcpt|mail|data)[\w ]{0,8} ?:|the mail could not be delivered to the recipient because"
    r"|remote (?:server|host) returned|remote host said ?:|warning: message still undelivered after|message could not be delivered for|will keep trying until|message will be deleted from queue"
)


def why_by_words(text: str) -> BounceWhy:
    """The cause the words name; UNKNOWN where they name none."""
    words = _AROUND.sub(" ", told_plainly(text))
    return next((why for why, pattern in _causes() if pattern.search(words)), BounceWhy.UNKNOWN)


def told_plainly(text: str) -> str:
    """Small letters on one line, without addresses and reply codes, which cut sentences in the middle."""
    return _SPACE.sub(" ", _CODES.sub(" ", bare(text[: LONGEST * 2]).lower().replace("’", "'").replace("ʼ", "'"))).strip()[:LONGEST]


@cache
def _causes() -> list[tuple[BounceWhy, re.Pattern[str]]]:
    causes: list[tuple[BounceWhy, list[str]]] = []
    for line in Path(__file__).with_name("causes.txt").read_text(encoding="utf-8").splitlines():
        if section := re.fullmatch(r"\[(\w+)\]", line):
            causes.append((BounceWhy(section[1]), []))
        elif line and not line.startswith("#"):
            causes[-1][1].append(line)
    return [(why, re.compile("|".join(f"(?:{phrase})" for phrase in phrases))) for why, phrases in causes]
