"""A door that a browser reaches, with readers behind it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from argon2 import PasswordHasher
from playwright.sync_api import Browser

from mailings.db import Database
from mailings.staff import passwords
from tests.servers.sink import free_port
from tests.web.browser import Site, chromium, served
from tests.web.readers import readers
from web.app import make_app


@pytest.fixture(autouse=True)
def hashed_soon(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Passwords cost next to nothing here: 60 ms and 64 MiB for each say nothing of pages. What they cost, tests/staff tells."""
    monkeypatch.setattr(passwords, "hasher", PasswordHasher(time_cost=1, memory_cost=256, parallelism=1))
    passwords._nobody.cache_clear()
    yield
    passwords._nobody.cache_clear()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for the tests of a file: longer, and its event loop would be in the way of those that have one of their own."""
    with chromium() as opened:
        yield opened


@pytest.fixture
def site(db: Database, browser: Browser) -> Iterator[Site]:
    """A door with readers behind it, open to the browser."""
    port = free_port()
    there = readers(db, public_url=f"http://127.0.0.1:{port}", system_from="Fjord <post@acme.test>")
    with served(make_app(db, there.settings), port) as address:
        yield Site(address, there, browser)
