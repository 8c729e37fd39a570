"""Prefect for tests: one server of the tests' own for the whole session, and flows that end without the heartbeat's second."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from cli import embedded
from mailings.settings import Settings, settings
from mailings.transports.memory import Memory
from tests.prefect_tables import with_tables

PATIENCE = 300.0  # seconds for the server to answer; an operator waits 90, and on a machine full of tests 25 were needed


@pytest.fixture(scope="session")
def prefect_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A Prefect server for every test that runs a flow; 4 s to start, once. Mark such tests `prefect`, group `prefect`.

    Not Prefect's own `prefect_test_harness`: that makes its tables each time, 10 s, and writes its records down five times later.
    """
    from prefect.context import _temporary_global_settings_context, get_settings_context  # noqa: PLC0415  1.3 s, only for these tests
    from prefect.settings import PREFECT_API_URL, PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings  # noqa: PLC0415  see above

    with (
        _patiently(),
        embedded.embedded_server(with_tables(tmp_path_factory.mktemp("prefect"))) as server,
        temporary_settings({PREFECT_API_URL: server.url, PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}),
        _temporary_global_settings_context(get_settings_context()),  # threads that were there before, too
    ):
        yield


@contextmanager
def _patiently() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(embedded, "PATIENCE", PATIENCE)
        yield


@pytest.fixture
def memory(configured: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Memory]:
    """An installation that sends through the memory transport, empty."""
    monkeypatch.setenv("MAILINGS_EMAIL_TRANSPORT", "memory")
    settings.cache_clear()
    Memory.configured.cache_clear()
    yield Memory.configured()
    Memory.configured.cache_clear()
