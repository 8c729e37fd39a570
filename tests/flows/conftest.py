"""Prefect for tests: one server of the tests' own for the whole session, and flows that end without the heartbeat's second."""

from __future__ import annotations

from collections.abc import Iterator

import pytest


@pytest.fixture(scope="session")
def prefect_server() -> Iterator[None]:
    """A Prefect server for every test that runs a flow; 10 s to start, once. Mark such tests `prefect`, group `prefect`."""
    from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings  # noqa: PLC0415  1.3 s, only for these tests
    from prefect.testing.utilities import prefect_test_harness  # noqa: PLC0415  see above

    with prefect_test_harness(server_startup_timeout=90), temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}):
        yield
