"""SendGrid's words for what happened, and ours: literal tables (events, drop reasons, classifications of bounces)."""

from __future__ import annotations

from mailings.reported import BounceKind, EventKind

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

FULL = ("4", "5.2.2")  # a status that begins so passes: a mailbox can be emptied


def bounce_kind(type_: str, classification: str, status: str) -> BounceKind:
    """What a bounce says of its address. Only an invalid address is for good; an unavailable or unclassified one counts (sendgrid.md 5)."""
    if type_.lower() == "blocked":
        return BounceKind.POLICY
    if known := CLASSES.get(classification.strip().lower()):
        return known
    return BounceKind.SOFT if status.startswith(FULL) else BounceKind.HARD
