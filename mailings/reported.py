"""What a provider tells later: a report says what happened to one message, and of what kind that was."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple


class EventKind(StrEnum):
    """What a report or a visit tells."""

    PROCESSED = "processed"  #: the provider has it and will try to deliver it
    DEFERRED = "deferred"  #: the receiving side asked the provider to try later
    DELIVERED = "delivered"  #: the receiving server took it
    BOUNCED = "bounced"  #: it came back
    DROPPED = "dropped"  #: the provider did not even try
    COMPLAINED = "complained"  #: reported as spam
    UNSUBSCRIBED = "unsubscribed"
    RESUBSCRIBED = "resubscribed"
    PREFERENCES = "preferences"  #: the preferences were changed
    OPENED = "opened"
    CLICKED = "clicked"
    ONLINE = "online"  #: read as a web page
    AUTO_REPLY = "auto_reply"  #: a vacation notice, a challenge: somebody is there, nothing came back (domain.md D27)
    OTHER = "other"  #: a word we do not know; kept, acted on by nobody


class BounceKind(StrEnum):
    """What a bounce says of the address (domain.md I, D7)."""

    INVALID = "invalid"  #: the provider is sure there is no such address: blocked at once
    HARD = "hard"  #: permanent; counts towards blocking
    SOFT = "soft"  #: temporary, given up on; counts towards blocking
    POLICY = "policy"  #: blocked, reputation, content, volume: never the address's fault


class BounceWhy(StrEnum):
    """Why it came back, as far as its words tell. What it says of the address is `BounceKind`'s."""

    MAILBOX = "mailbox"  #: no such mailbox
    DOMAIN = "domain"  #: no such domain, or none that takes mail
    MOVED = "moved"  #: the mailbox moved elsewhere
    SUSPENDED = "suspended"  #: the mailbox is there and switched off
    FULL = "full"  #: the mailbox is full
    FILTERED = "filtered"  #: refused by the recipient's own rules
    EXPIRED = "expired"  #: tried for as long as the server tries
    REPUTATION = "reputation"  #: refused for who sends: listed, blocked
    AUTHENTICATION = "authentication"  #: SPF, DKIM or DMARC did not hold
    POLICY = "policy"  #: the receiving side's rules
    CONTENT = "content"  #: taken for spam or a virus, or ill-formed
    SIZE = "size"  #: too large
    RATE = "rate"  #: too many, too fast
    NETWORK = "network"  #: no connection, no TLS, a loop
    SYSTEM = "system"  #: the receiving server's own trouble
    SENDER = "sender"  #: our side's fault: the envelope sender, relaying, no PTR
    UNKNOWN = "unknown"


class Blame(NamedTuple):
    """What a refusal says of the address it was meant for, and what its owner told the provider earlier."""

    bounce: BounceKind
    why: BounceWhy
    also: EventKind | None = None


class Hook(NamedTuple):
    """A request to /hooks/NAME: `url` as its sender wrote it, at the public address and with its query; header names in small letters."""

    url: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Report:
    """What a provider tells later. `delivery` with the `mark` it was sent under; both None where it does not say of which it is."""

    kind: EventKind
    at: datetime
    delivery: int | None
    mark: str | None
    content_key: str  # the same whenever the same thing is told again
    original: Mapping[str, Any]
    provider_key: str | None = None  # the provider's own id of the event
    address: str | None = None
    code: str | None = None
    reason: str | None = None
    bounce: BounceKind | None = None
    bounce_why: BounceWhy | None = None
    provider_id: str | None = None
    url: str | None = None
    agent: str | None = None
    also: EventKind | None = None  # what it tells of the address besides, from earlier on: complained or unsubscribed
    everything: bool = True  # unsubscribed: from all mail; else from the mailing's topic


class Proof(NamedTuple):
    """A DNS record by which receivers check a signature made for `domain`. `value` None = what it says only the provider knows."""

    domain: str
    name: str
    kind: str  # TXT, CNAME
    value: str | None
