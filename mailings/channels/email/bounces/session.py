"""Reads the conversation of two servers that some reports quote: which command was answered, and with which reply."""

from __future__ import annotations

import re

from mailings.channels.email.bounces.phrases import words
from mailings.channels.email.bounces.told import SAID

_COMMAND = re.compile(
    r"^.{0,60}?(?:>>>|-->|\bin:|sent\s*<<<|sent:|=>|\bc:|->)\s{0,6}(helo|ehlo|lhlo|mail|rcpt|data|bdat|quit|rset|starttls|auth|\.)[^\n]{0,300}",
    re.IGNORECASE,
)
_REPLY = re.compile(r"^.{0,60}?(?:<<<|<--|\bout:|received\s*>>>|replied:|<=|\bs:|<-)\s{0,6}(([245])\d\d[ -]?.*)", re.IGNORECASE)
_NAMES = {"helo": "HELO", "ehlo": "HELO", "lhlo": "HELO", "mail": "MAIL", "rcpt": "RCPT", "data": "DATA", "bdat": "DATA", ".": "DATA"}
#: other ways to say which command it answers, the surest first
_SAID = [(name, words(f"after {name}")) for name in ("DATA", "RCPT", "MAIL", "HELO", "CONN")]


def conversation(lines: list[str]) -> tuple[str, str]:
    """The command that was first refused and the whole reply to it; empty texts where no conversation is quoted."""
    after, replies, refused = "", list[str](), ""
    for line in lines:
        if (command := _COMMAND.match(line)) is not None:
            if replies:
                break
            after = _NAMES.get(command[1].lower(), after)
        elif (reply := _REPLY.match(line)) is not None and reply[2] != "2":
            replies.append(reply[1].strip())
            refused = after or "CONN"
    return refused, "\n".join(replies)[:SAID]


def answered(text: str) -> str:
    """The SMTP command a refusal answers, by its words: CONN, HELO, MAIL, RCPT, DATA; empty where they do not say."""
    return next((name for name, pattern in _SAID if pattern.search(text)), "")
