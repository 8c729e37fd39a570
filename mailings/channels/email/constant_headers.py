"""Header lines that are the same in every message of a mailing."""

from __future__ import annotations

from collections.abc import Mapping

from mailings.model import Mailing


def constant_headers(mailing: Mailing, host: str) -> Mapping[str, str]:
    """Name -> value, in the order they are written. `host` = of our public address."""
    return {}
