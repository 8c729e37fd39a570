"""How long a provider asks us to wait, by the headers of its answer."""

from __future__ import annotations

from email.utils import formatdate

import pytest

from mailings.transports._waiting import asked_to_wait

NOW = 1_795_300_000
DATE = formatdate(NOW, usegmt=True)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Date": DATE, "X-RateLimit-Reset": str(NOW + 42)}, 42),
        ({"Date": DATE, "X-RateLimit-Reset": str(NOW - 42)}, 0),
        ({"Date": DATE, "Retry-After": formatdate(NOW + 9, usegmt=True), "X-RateLimit-Reset": str(NOW + 42)}, 9),
        ({"Date": DATE, "X-RateLimit-Reset": str((NOW + 42) * 1000)}, 3600),
        ({"Date": DATE, "Retry-After": "soon"}, None),
        ({"Retry-After": "30"}, 30),
        ({"Retry-After": "²"}, None),
        ({}, None),
    ],
)
def test_how_long_it_asks_us_to_wait(headers: dict[str, str], seconds: float | None) -> None:
    """Moments are measured against the server's own clock, not ours, and nonsense is no request to wait."""
    assert asked_to_wait(headers) == seconds
