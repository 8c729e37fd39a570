"""SMTP replies and enhanced status codes: found in a text, and what they mean where the words say nothing (RFC 5321, 3463, 7505, 7372)."""

from __future__ import annotations

import re

from mailings.reported import BounceWhy as Why

_STATUS = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.]*\d)")
_REPLY = re.compile(r"(?<![\w.,:+$/#=-])([45]\d\d)(?=[\s\-:,\]'\"]|$)")
_NO_REPLY = re.compile(r"[\s:]{0,3}(?:kb|bytes|mb|seconds|minutes|hours|days|messages|attempts)\b|\s*$", re.IGNORECASE)

#: what the detail of an enhanced status says, without its class: .0.0 and what is not here says nothing
_MEANING = {
    "1.0": Why.MAILBOX, "1.1": Why.MAILBOX, "1.2": Why.DOMAIN, "1.3": Why.MAILBOX, "1.4": Why.MAILBOX, "1.6": Why.MOVED,
    "1.7": Why.SENDER, "1.8": Why.SENDER, "1.9": Why.SYSTEM, "1.10": Why.DOMAIN,
    "2.0": Why.FILTERED, "2.1": Why.SUSPENDED, "2.2": Why.FULL, "2.3": Why.SIZE, "2.4": Why.SYSTEM,
    "3.0": Why.SYSTEM, "3.1": Why.SYSTEM, "3.2": Why.DOMAIN, "3.3": Why.SYSTEM, "3.4": Why.SIZE, "3.5": Why.SYSTEM,
    "4.0": Why.NETWORK, "4.1": Why.EXPIRED, "4.2": Why.NETWORK, "4.3": Why.SYSTEM, "4.4": Why.DOMAIN, "4.5": Why.RATE, "4.6": Why.NETWORK,
    "4.7": Why.EXPIRED,
    "5.1": Why.SENDER, "5.2": Why.SENDER, "5.3": Why.RATE, "5.4": Why.SENDER, "5.6": Why.SENDER,
    "6.0": Why.CONTENT, "6.1": Why.CONTENT, "6.2": Why.CONTENT, "6.3": Why.CONTENT, "6.6": Why.CONTENT, "6.9": Why.CONTENT,
    "7.0": Why.POLICY, "7.1": Why.POLICY, "7.2": Why.POLICY, "7.3": Why.POLICY, "7.4": Why.POLICY, "7.5": Why.POLICY, "7.6": Why.POLICY,
    "7.7": Why.POLICY, "7.8": Why.POLICY, "7.9": Why.POLICY, "7.13": Why.SUSPENDED, "7.15": Why.POLICY, "7.16": Why.POLICY,
    "7.17": Why.MOVED, "7.18": Why.MOVED, "7.20": Why.AUTHENTICATION, "7.21": Why.AUTHENTICATION, "7.22": Why.AUTHENTICATION,
    "7.23": Why.AUTHENTICATION, "7.24": Why.AUTHENTICATION, "7.25": Why.SENDER, "7.26": Why.AUTHENTICATION, "7.27": Why.DOMAIN,
    "7.28": Why.RATE, "7.29": Why.AUTHENTICATION, "7.30": Why.POLICY,
}  # fmt: skip
#: what a reply says where there is neither a status nor a word: only those that mean one thing
_REPLIES = {"552": Why.FULL, "551": Why.MOVED, "521": Why.DOMAIN, "556": Why.DOMAIN, "525": Why.SUSPENDED, "523": Why.SIZE}


def status_in(text: str) -> str:
    """The first enhanced status in a text that says more than x.0.0, else the first; empty without one."""
    found = _STATUS.findall(text)
    return next((status for status in found if not status.endswith(".0.0") and status[0] != "2"), found[0] if found else "")


def reply_in(text: str) -> str:
    """The first SMTP reply of 4xx or 5xx in a text; empty without one."""
    for found in _REPLY.finditer(text[:4000]):
        if not _NO_REPLY.match(text, found.end()) or found.start() == 0:
            return found[1]
    return ""


def refusal_in(text: str) -> str:
    """A text from its first SMTP reply on: what the other server said, without what the reporting one says around it; empty without one."""
    if quoted := re.search(r"[45]\d\d[- ]'([^']{3,600})'", text[:4000]):  # some translate the code first and then quote
        return quoted[0]
    reply = reply_in(text)
    return text[text.index(reply) :] if reply else ""


def meaning(status: str, reply: str) -> Why:
    """What the codes alone say. UNKNOWN where they say nothing."""
    why = _MEANING.get(status[2:]) if status else None
    if why is Why.FULL and status[0] == "2":
        return Why.UNKNOWN
    return why or _REPLIES.get(reply, Why.UNKNOWN)
