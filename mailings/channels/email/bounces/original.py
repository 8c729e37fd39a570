"""Reads the message that was given back: its ids, whom it was for, and the headers that may name the delivery."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from mailings.channels.email.bounces.naming import addresses
from mailings.channels.email.bounces.parts import Part, headers_of

GIVEN_BACK = (
    "message/rfc822", "message/global", "message/partial", "text/rfc822", "text/rfc822-headers", "text/rfc822-header",
    "message/rfc822-headers", "message/global-headers",
)  # fmt: skip
IDS, NAMES, KEPT = 10, 30, 40  #: ids, addresses and headers that are kept
_ID = re.compile(r"<?([^<>@\s\"]{1,200}@[^<>@\s\"]{1,200})>?")
_IN_TEXT = re.compile(r"^[ \t>]{0,8}message-id[ \t]*:[ \t]*(<?[^<>@\s\"]{1,200}@[^<>@\s\"]{1,200}>?)", re.IGNORECASE | re.MULTILINE)
_SENT_TO = ("to", "cc", "x-original-to", "delivered-to", "envelope-to", "x-rcpt-to", "x-hmxmroriginalrecipient")
_SENDERS = ("from", "return-path", "sender", "reply-to", "errors-to")
_FOR = re.compile(r"\bfor\s{1,8}<?([^<>\s;]{3,250})")
_NAMING = ("feedback-id", "list-id", "list-unsubscribe", "auto-submitted", "precedence", "subject", "date")


@dataclass(slots=True)
class Original:
    """What is known of the message given back; all of it empty where none is."""

    ids: list[str] = field(default_factory=list)
    sent_to: list[str] = field(default_factory=list)  # To, Cc and those its Received headers name, in small letters
    senders: list[str] = field(default_factory=list)  # From, Return-Path, Sender, in small letters
    headers: dict[str, str] = field(default_factory=dict)


def original_of(parts: list[Part], rest: str) -> Original:
    """The message given back in a part of its own, else in the text that follows the server's words."""
    for part in parts:
        if part.type in GIVEN_BACK:
            inner = part.parts[0] if part.parts and part.parts[0].headers else headers_of(part.body.lstrip(b"\n"))
            if inner.headers:
                return _read(inner)
    found = _read(_headers_in(rest)) if rest else Original()
    found.ids = found.ids or ids_in(rest)
    return found


def ids_in(text: str) -> list[str]:
    """The Message-IDs a text names in lines of their own."""
    return [_angled(value) for value in _IN_TEXT.findall(text)][:IDS]


def ids_of(part: Part, *names: str) -> list[str]:
    """The ids in the named headers of a part."""
    return [f"<{found}>" for name in names for value in part.all(name) for found in _ID.findall(value[:4000])][:IDS]


def _angled(value: str) -> str:
    return f"<{value.strip('<>')}>"


def _headers_in(text: str) -> Part:
    unquoted = re.sub(r"^[ \t]{0,4}(?:>[ \t]?){1,4}", "", text, flags=re.MULTILINE)
    lines = unquoted.lstrip().split("\n", 400)
    start = next((at for at, line in enumerate(lines[:40]) if re.match(r"\s{0,8}[A-Za-z][\w-]{1,40}:\s", line)), 0)
    indent = len(lines[start]) - len(lines[start].lstrip()) if lines else 0
    return headers_of("\n".join(line[indent:] if line[:indent].isspace() else line for line in lines[start:]).encode("utf-8", "replace"))


def _read(part: Part) -> Original:
    passed = [found for value in part.all("received") for found in _FOR.findall(value)]
    kept = {key: value[:1000] for key, value in part.headers if key.startswith(("x-", "list-")) or key in _NAMING}
    return Original(
        ids_of(part, "message-id", "x-message-id", "resent-message-id"),
        _named(part, _SENT_TO) or [address.lower() for found in passed for address in addresses(found)][:NAMES],
        _named(part, _SENDERS),
        dict(list(kept.items())[:KEPT]),
    )


def _named(part: Part, headers: tuple[str, ...]) -> list[str]:
    named = [address.lower() for name in headers for value in part.all(name) for address in addresses(value)]
    return list(dict.fromkeys(named))[:NAMES]
