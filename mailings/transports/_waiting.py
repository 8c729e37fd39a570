"""How long a provider's web server asks us to wait, by the headers of its answer."""

from __future__ import annotations

from collections.abc import Mapping
from email.utils import parsedate_to_datetime

from mailings.clock import timestamp

LONGEST_WAIT = 3600.0  # seconds; what asks for more is no rate limit, and a clock may be wrong


def asked_to_wait(headers: Mapping[str, str]) -> float | None:
    """Seconds, by Retry-After or X-RateLimit-Reset, measured against the server's own clock where it shows it."""
    now = _moment(headers.get("Date")) or timestamp()
    retry = (headers.get("Retry-After") or "").strip()
    until = now + float(retry) if retry.isdecimal() else _moment(retry)
    if until is None and (reset := (headers.get("X-RateLimit-Reset") or "").strip()).isdecimal():
        until = float(reset)
    return None if until is None else min(max(until - now, 0.0), LONGEST_WAIT)


def _moment(written: str | None) -> float | None:
    try:
        return parsedate_to_datetime(written).timestamp() if written else None
    except (TypeError, ValueError, OverflowError):
        return None
