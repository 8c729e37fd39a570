"""Reads the conversation of two servers that some reports quote: which command was answered, and with which reply."""

from __future__ import annotations

import re

from mailings.channels.email.bounces.told import SAID

_COMMAND = re.compile(
    r"^[>\s]{0,8}(?:>>>|in:|sent\s*<<<|=>|c:|->)\s{0,6}(helo|ehlo|lhlo|mail|rcpt|data|bdat|quit|rset|starttls|auth|\.)[^\n]{0,300}", re.IGNORECASE
)
_REPLY = re.compile(r"^[>\s]{0,8}(?:<<<|out:|received\s*>>>|<=|s:|<-)\s{0,6}(([245])\d\d[ -]?.*)", re.IGNORECASE)
_NAMES = {"helo": "HELO", "ehlo": "HELO", "lhlo": "HELO", "mail": "MAIL", "rcpt": "RCPT", "data": "DATA", "bdat": "DATA", ".": "DATA"}
#: other ways to say which command it answers; the surest first
_AFTER = [
    ("DATA", r"not like our data|in reply to (?:the )?(?:end of data|data|bdat)|after (?:end of data|i sent the message|(?:the )?(?:data|message|body)(?: command|\W| was)|\.?<crlf>)"
     r"|smtp command\W{1,6}(?:data|bdat)|step: ?data|\[data\]|end of message|while (?:sending|performing) (?:end of data|message body|the message|data)|to (?:data|\.) command|\(data\)|following data"
     r"|body of message generated response"),
    ("RCPT", r"in reply to (?:the )?rcpt|not like our rcpt|after (?:\w+ )?rcpt|\[?rcpt_to\]?|does not like recipient|for rcpt to|following rcpt|rejected recipient|smtp command\W{1,6}rcpt|to rcpt (?:to )?command|step: ?rcpt"),
    ("MAIL", r"in reply to (?:the )?mail|not like our mail|after mail from|\[?mail_from\]?|sender was rejected|does not like sender|smtp command\W{1,6}mail|sender address rejected|step: ?mail"),
    ("HELO", r"in reply to (?:the )?(?:he|eh|lh)lo|after (?:he|eh)lo|my name was rejected|performing the (?:he|eh)lo|smtp command\W{1,6}(?:he|eh)lo"),
    ("CONN", r"refused to talk to me|after initial connection|greeting wait|during user open|not accepting connections|initial server greeting"),
]  # fmt: skip
_SAID = [(name, re.compile(pattern, re.IGNORECASE)) for name, pattern in _AFTER]


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
