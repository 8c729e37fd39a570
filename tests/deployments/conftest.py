"""One server, one worker and one installation for all stories of a company that runs mailings by Prefect."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deployments.place import Place, installed
from tests.deployments.server import PREFECT, Server, served, told


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server, provisioned and deployed to once."""
    with served(tmp_path_factory.mktemp("server")) as running:
        assert "made" in told([sys.executable, "-m", "deployments.provision"], running.env)
        told([*PREFECT, "deploy", "--all"], running.env)
        yield running


@pytest.fixture(scope="session")
def place(server: Server, tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[Place]:
    """An installation with a worker; each test has mailings of its own."""
    made = Place(server, installed(tmp_path_factory.mktemp("place") / "hos-oss", sqlite_template))
    made.work()
    yield made
    assert made.worker
    made.worker.terminate()
    made.worker.wait(30)
    made.db.engine.dispose()
