"""Header lines that are the same in every message of a mailing."""

from __future__ import annotations

import re
from collections.abc import Mapping
from hashlib import sha256

from mailings.channels.email.identity import mark_of
from mailings.model import Mailing, MailingType


def constant_headers(mailing: Mailing, host: str) -> Mapping[str, str]:
    """Name -> value, in the order they are written. `host` = of our public address, who sends where the mailing has no address.

    Feedback-ID is Google's: at most three identifiers of ours, in which no colon may stand, and who sends, 5 to 15 characters. To an
    answer nobody answers by machine (RFC 3834); a mailing says that it is one of many.
    """
    domain = str(mailing.sender.get("address") or "").rpartition("@")[2] or host
    topic = "any" if mailing.topic_id is None else f"topic-{mailing.topic_id}"
    answers = mailing.type is MailingType.FORM_RESPONSE
    kind = {"Auto-Submitted": "auto-replied"} if answers else {"Precedence": "bulk"}
    return {"Feedback-ID": f"{mark_of(mailing)}:{topic}:mailings:{_sender_id(domain)}", **kind}


def _sender_id(domain: str) -> str:
    """A short name of a domain, its own: the four letters behind it keep apart domains that begin alike."""
    readable = re.sub(r"[^a-z0-9]+", "-", domain.lower()).strip("-")[:10]
    return f"{readable}-{sha256(domain.lower().encode()).hexdigest()[:4]}"
