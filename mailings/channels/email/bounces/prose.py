"""Reads what a mail server wrote for people: where its own words end, whom they name, and what they say beside each name."""

from __future__ import annotations

import re
from collections.abc import Collection
from html import unescape

from mailings.channels.email.bounces.naming import ADDRESS, addresses, first, is_office
from mailings.channels.email.bounces.phrases import either, words
from mailings.channels.email.bounces.told import SAID, Told

LINES = 1200  #: lines of a text that are read
WIDEST = 2000  #: characters of one line
MOST = 100  #: recipients named in a text

#: from here on it is the message given back
_CUT = re.compile(rf"^[\W_]{{0,60}}{either('given back')}$", re.IGNORECASE)
_HEADER = re.compile(
    r"^(?:>?\s{0,8})(?:received|return-path|dkim-signature|message-id|x-[\w-]{2,40}|delivered-to|mime-version|arc-seal)\s*:", re.IGNORECASE
)
_PART = re.compile(r"content-type\s{0,4}:\s{0,4}(?:message/|text/rfc822)", re.IGNORECASE)
_ONLY = re.compile(
    rf"^[\s>*•·\-\"'<(\[]{{0,12}}({ADDRESS})[\s\"'>)\],;:.]{{0,6}}(?:[<(\[]{{1,2}}(?:mailto:)?{ADDRESS}[>)\]]{{1,2}}[\s:;,]{{0,4}})?$"
)
_LEADS = re.compile(rf"^[\s>*•·\-]{{0,12}}(?:<({ADDRESS})>|\"({ADDRESS})\"|({ADDRESS}))\s{{0,8}}(?:[:;,(\[–—-]|\.\.\.|\s{{2,}}|$|<mailto)")
_NAMED = re.compile(rf"{either('named')}\s{{0,4}}[:：=<\"'\[(]{{0,3}}\s{{0,6}}[<\"'\[(]{{0,2}}({ADDRESS})", re.IGNORECASE)
_REPLIED = re.compile(rf"\b[45]\d\d[ -].{{0,300}}?({ADDRESS})|({ADDRESS})\s?\.\.\.", re.IGNORECASE)
_OTHERS = words("others")
_TALK = re.compile(r"\s{0,8}(?:\.\.\. )?while talking to", re.IGNORECASE)
_CODE = re.compile(r"\s{0,8}[245]\d\d[ -]")
_HIDDEN = (("<style", "</style"), ("<script", "</script"), ("<head>", "</head"), ("<!--", "-->"))
_BREAKS = re.compile(r"<(?:br|/p|/div|/tr|/td|/h\d|/li)\b[^>]{0,200}>", re.IGNORECASE)
_ANY = re.compile(r"</?[a-z!][^<>@]{0,1000}>", re.IGNORECASE)


def of_html(text: str) -> str:
    """The words of an HTML page, a line a block."""
    text = text[:60000]
    for start, end in _HIDDEN:
        text = _without(text, start, end)
    return unescape(_ANY.sub(" ", _BREAKS.sub("\n", text)))


def _without(text: str, start: str, end: str) -> str:
    small, kept, at = text.lower(), list[str](), 0
    while (found := small.find(start, at)) >= 0 and (closed := small.find(end, found)) >= 0:
        kept.append(text[at:found])
        at = closed
    return "".join((*kept, text[at:])) if len(small) == len(text) else text  # a letter that grows when it is made small


def cut(text: str) -> tuple[list[str], str]:
    """The server's own lines, and what follows them: the message given back, if it is written into the text."""
    lines = [line[:WIDEST].rstrip() for line in text.split("\n", LINES)[:LINES]]
    for at, line in enumerate(lines):
        if at and _CUT.match(line) and (line.strip(" :-") or any(map(_HEADER.match, lines[at + 1 : at + 4]))):
            return lines[:at], "\n".join(lines[at + 1 :]).lstrip("\n")
        if at and _PART.match(line):
            return lines[:at], "\n".join(lines[at:])
        if _HEADER.match(line) and at + 1 < len(lines) and sum(1 for near in lines[at : at + 12] if _HEADER.match(near)) > 1:
            return lines[:at], "\n".join(lines[at:])
    return lines, ""


def told_by_words(lines: list[str], ours: Collection[str], sent_to: Collection[str]) -> list[Told]:
    """Whom the lines name as not reached, and what they say beside each.

    `ours` are addresses of the sender's side, `sent_to` those the message given back was for.
    """
    for left_out in (ours, ()):
        for pattern in (_in_front, _in_words, _anywhere):
            named = [(at, address) for at, line in enumerate(lines) for address in pattern(line)]
            known = [
                (at, address) for at, address in named if address.lower() not in left_out and (not is_office(address) or address in sent_to)
            ]
            if pattern is _anywhere and sent_to:
                known = [(at, address) for at, address in known if address in sent_to]
            if known:
                return _paragraphs(lines, known[:MOST])
    return []


def _in_front(line: str) -> list[str]:
    if "@" not in line:
        return []
    found = _ONLY.match(line) or _LEADS.match(line)
    return [first(next(group for group in found.groups() if group))] if found else []


def _in_words(line: str) -> list[str]:
    if "@" not in line or _OTHERS.search(line):
        return []
    named = _NAMED.findall(line)
    return [first(found) for found in named or (next(group for group in found if group) for found in _REPLIED.findall(line))]


def _anywhere(line: str) -> list[str]:
    return [] if _OTHERS.search(line) else addresses(line)


def _paragraphs(lines: list[str], named: list[tuple[int, str]]) -> list[Told]:
    """Each name with the lines up to the next one; what is said of one in several places is put together."""
    told: dict[str, Told] = {}
    for number, (at, address) in enumerate(named):
        end = next((later for later, other in named[number + 1 :] if later > at), len(lines))
        mine = told.setdefault(address.lower(), Told(address=address))
        mine.beside = f"{mine.beside}\n{_paragraph(lines[at : min(end, at + 14)])}".strip()[:SAID]
    return list(told.values())


def _paragraph(lines: list[str]) -> str:
    """Up to the blank line, unless nothing stood before it but the name."""
    said: list[str] = []
    replied = _CODE.match(lines[0])
    for line in lines:
        if said and (_TALK.match(line) or (replied and _CODE.match(line) and line[:3] != lines[0][:3])):
            break
        if not line.strip() and len(" ".join(said)) > 120:
            break
        said.append(line.strip())
    return "\n".join(said)
