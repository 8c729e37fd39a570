"""What a message tells of one recipient before anybody judged it."""

from __future__ import annotations

from dataclasses import dataclass

SAID = 2000  #: characters that are looked at of what is said of one recipient


@dataclass(slots=True)
class Told:
    """One recipient: the fields of a report, or what the text beside the address says."""

    address: str = ""  # Original-Recipient, or the only one named
    final: str = ""  # Final-Recipient
    action: str = ""  # failed, delayed, delivered, relayed, expanded, expired; empty where the message has no such word
    status: str = ""  # as the report gives it
    said: str = ""  # the other server's reply
    beside: str = ""  # what stands next to the address in the text for people
    by: str = "text"  # what it was read from: fields, json, text, original (the message given back names the only recipient)
