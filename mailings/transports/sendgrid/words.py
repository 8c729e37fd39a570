"""SendGrid's words for what happened, and ours: literal tables (events, drop reasons, classifications of bounces)."""

from __future__ import annotations

import re

from mailings.reported import BounceKind, BounceWhy, EventKind

#: every other word is kept as `other`
KINDS = {
    "processed": EventKind.PROCESSED,
    "deferred": EventKind.DEFERRED,
    "delivered": EventKind.DELIVERED,
    "bounce": EventKind.BOUNCED,
    "dropped": EventKind.DROPPED,
    "spamreport": EventKind.COMPLAINED,
    "unsubscribe": EventKind.UNSUBSCRIBED,
    "group_unsubscribe": EventKind.UNSUBSCRIBED,
    "group_resubscribe": EventKind.RESUBSCRIBED,
    "open": EventKind.OPENED,
    "click": EventKind.CLICKED,
}

#: unsubscribed from one of SendGrid's groups: as much as our topic, not all mail
TOPIC_ONLY = frozenset({"group_unsubscribe"})

#: why a message was not even tried -> what is wrong with the address for good; other reasons blame the message
DROPPED = {"bounced address": BounceKind.INVALID, "invalid": BounceKind.INVALID}

#: why a message was not even tried -> what its reader told SendGrid earlier
TOLD_EARLIER = {"spam reporting address": EventKind.COMPLAINED, "unsubscribed address": EventKind.UNSUBSCRIBED}

#: of a bounce of the type `bounce`; what is not listed goes by its status. `blocked` is policy whatever its class (domain.md D7)
CLASSES = {
    "invalid address": BounceKind.INVALID,
    "content": BounceKind.POLICY,
    "frequency or volume too high": BounceKind.POLICY,
    "reputation": BounceKind.POLICY,
    "technical failure": BounceKind.POLICY,
}

#: why it came back, by its class. A status that says more goes before
CAUSES = {
    "invalid address": BounceWhy.MAILBOX,
    "mailbox unavailable": BounceWhy.SUSPENDED,
    "content": BounceWhy.CONTENT,
    "frequency or volume too high": BounceWhy.RATE,
    "reputation": BounceWhy.REPUTATION,
    "technical failure": BounceWhy.SYSTEM,
}

#: by the enhanced status (RFC 3463, 7372), without its class of 4 or 5
STATUSES = {
    "1.1": BounceWhy.MAILBOX, "1.2": BounceWhy.DOMAIN, "1.3": BounceWhy.MAILBOX, "1.6": BounceWhy.MOVED, "1.7": BounceWhy.SENDER,
    "1.8": BounceWhy.SENDER, "1.10": BounceWhy.DOMAIN, "2.1": BounceWhy.SUSPENDED, "2.2": BounceWhy.FULL, "2.3": BounceWhy.SIZE,
    "3.4": BounceWhy.SIZE, "4.1": BounceWhy.NETWORK, "4.2": BounceWhy.NETWORK, "4.4": BounceWhy.DOMAIN, "4.6": BounceWhy.NETWORK,
    "4.7": BounceWhy.EXPIRED, "7.25": BounceWhy.SENDER, "7.26": BounceWhy.AUTHENTICATION, "7.27": BounceWhy.DOMAIN, "7.28": BounceWhy.RATE,
}  # fmt: skip

#: by words of the reason where neither status nor class says anything: the first that occurs
PHRASES = (
    (
        re.compile(r"unable to (?:get mx|resolve)|no mx|(?:domain|host) (?:name )?(?:not found|does not exist)|unrouteable", re.IGNORECASE),
        BounceWhy.DOMAIN,
    ),
    (re.compile(r"over ?quota|quota exceeded|mailbox (?:is )?full", re.IGNORECASE), BounceWhy.FULL),
    (re.compile(r"does not exist|unknown|no such|not found|invalid recipient", re.IGNORECASE), BounceWhy.MAILBOX),
    (re.compile(r"disabled|inactive|suspended|deactivated", re.IGNORECASE), BounceWhy.SUSPENDED),
    (re.compile(r"\b(?:spf|dkim|dmarc)\b|unauthenticated", re.IGNORECASE), BounceWhy.AUTHENTICATION),
    (re.compile(r"block ?list|blacklist|reputation|spamhaus|blocked", re.IGNORECASE), BounceWhy.REPUTATION),
    (re.compile(r"spam|virus|content", re.IGNORECASE), BounceWhy.CONTENT),
    (re.compile(r"too (?:many|much)|rate limit", re.IGNORECASE), BounceWhy.RATE),
    (re.compile(r"timed? ?out|unable to connect|connection (?:refused|reset)|expired", re.IGNORECASE), BounceWhy.NETWORK),
)

FULL = ("4", "5.2.2")  # a status that begins so passes: a mailbox can be emptied


def bounce_kind(type_: str, classification: str, status: str) -> BounceKind:
    """What a bounce says of its address. Only an invalid address is for good; an unavailable or unclassified one counts (sendgrid.md 5)."""
    if type_.lower() == "blocked":
        return BounceKind.POLICY
    if known := CLASSES.get(classification.strip().lower()):
        return known
    return BounceKind.SOFT if status.startswith(FULL) else BounceKind.HARD


def bounce_why(classification: str, status: str, reason: str) -> BounceWhy:
    """Why it came back: its enhanced status, else SendGrid's class of it, else its words (sendgrid.md 5)."""
    known = re.search(r"(?<![\d.])[45]\.(\d{1,3}\.\d{1,3})(?![.\d])", f"{status} {reason}")
    if known and (why := STATUSES.get(known[1])):
        return why
    if why := CAUSES.get(classification.strip().lower()):
        return why
    return next((why for phrase, why in PHRASES if phrase.search(reason)), BounceWhy.UNKNOWN)
