"""The memory transport, empty, for every test of sending that asks for it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from mailings.transports.memory import Memory


@pytest.fixture
def memory() -> Iterator[Memory]:
    """The memory transport, empty."""
    Memory.configured.cache_clear()
    yield Memory.configured()
    Memory.configured.cache_clear()
