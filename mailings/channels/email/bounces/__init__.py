"""Reads messages that came back: delivery reports first (RFC 3464), then what mail servers write in words (docs/concepts/bounces.md)."""

from mailings.channels.email.bounces.reading import read_bounce
from mailings.channels.email.bounces.results import Read, ReadKind, Returned

__all__ = ["Read", "ReadKind", "Returned", "read_bounce"]
