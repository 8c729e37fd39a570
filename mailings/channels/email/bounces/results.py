"""What a message that came back tells: of which kind it is, and what it says of each recipient."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from mailings.reported import BounceKind, BounceWhy


class ReadKind(StrEnum):
    """Of which kind a message in the bounce mailbox is."""

    BOUNCE = "bounce"  #: it came back, for good
    DELAYED = "delayed"  #: still being tried
    DELIVERED = "delivered"  #: a receipt: it arrived, or was passed on
    COMPLAINT = "complaint"  #: reported as spam (RFC 5965)
    AUTO_REPLY = "auto_reply"  #: a vacation notice, a challenge, another answering program (domain.md D27)
    NOTHING = "nothing"  #: somebody's letter


@dataclass(frozen=True, slots=True)
class Returned:
    """What is said of one recipient. `kind` and `why` are None where nothing came back: a complaint, a delay, a receipt."""

    address: str  # as we wrote it on the envelope, as far as they tell; the domain in small letters; empty when nobody is named
    final: str = ""  # where it was on its way to at the end, when they say so: a forward, an alias
    kind: BounceKind | None = None  # hard, soft or policy: text alone never makes an address invalid (domain.md D7)
    why: BounceWhy | None = None
    status: str = ""  # enhanced status, 5.1.1; empty where none is told
    code: str = ""  # the SMTP reply, "550 5.1.1", "550"; empty where none is told
    said: str = ""  # their words, at most 400 characters
    confidence: float = 0.0  # how often such evidence is right, see judging.CONFIDENCE


@dataclass(frozen=True, slots=True)
class Read:
    """What one message says. Every text stems from a stranger: bounded in length, and never to be trusted further than its ids hold."""

    kind: ReadKind
    recipients: tuple[Returned, ...] = ()
    message_ids: tuple[str, ...] = ()  # of the message given back, with <>, the surest first; then those it answers
    addressed_to: tuple[str, ...] = ()  # addresses it came to, in small letters: one may be our envelope sender (verp.delivery_of)
    original: Mapping[str, str] = field(
        default_factory=dict
    )  # X-, List- and naming headers of the message given back, names in small letters
    feedback: str = ""  # the Feedback-Type of a complaint: abuse, opt-out, auth-failure, not-spam ...
    evidence: str = ""  # its telling lines, at most 2,000 characters


NOTHING = Read(ReadKind.NOTHING)
