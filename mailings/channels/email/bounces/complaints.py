"""Reads reports of spam: RFC 5965, Microsoft's, Amazon's, and a mail program's request to unsubscribe."""

from __future__ import annotations

from mailings.channels.email.bounces.naming import addresses, first
from mailings.channels.email.bounces.original import Original
from mailings.channels.email.bounces.parts import Part, headers_of

_NAMING = ("original-rcpt-to", "removal-recipient", "original-recipient", "x-original-rcpt-to")


def complaint(message: Part, parts: list[Part], original: Original) -> tuple[str, list[str]] | None:
    """The kind of feedback, and who is said to have complained; None for a message that is no complaint."""
    report = next((part for part in parts if part.type == "message/feedback-report"), None)
    if report is not None:
        fields = headers_of(report.text().strip("\n").encode("utf-8", "replace"))
        named = [first(value) for name in _NAMING for value in fields.all(name)]
        return fields.header("feedback-type").lower()[:40] or "abuse", [a for a in dict.fromkeys(named) if a] or original.sent_to[:1]
    if message.header("x-apple-unsubscribe"):
        return "opt-out", addresses(message.header("from"))[:1]
    subject = message.header("subject").lower()
    if "complaint about message from" in subject or message.header("x-hmxmroriginalrecipient"):
        return "abuse", original.sent_to[:1]
    return None
