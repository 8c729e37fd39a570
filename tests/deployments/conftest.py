"""One server, one worker and one installation for all stories of a company that runs mailings by Prefect."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from tests import postgres
from tests.deployments.place import Place, installed
from tests.deployments.server import Server, served, told


@pytest.fixture(scope="session")
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server, provisioned and deployed to once; on PostgreSQL where it is installed, as a server has it that many work with."""
    with served(tmp_path_factory.mktemp("server"), for_prefect(request)) as running:
        assert "made" in told([sys.executable, "-m", "deployments.deploy"], running.env)
        yield running


def for_prefect(request: pytest.FixtureRequest) -> str:
    """An empty PostgreSQL database for Prefect's server; none where PostgreSQL is not installed."""
    if postgres.binaries() is None:
        return ""
    url: str = request.getfixturevalue("postgres_url")
    engine = create_engine(f"{url}/postgres", isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text("CREATE DATABASE prefect"))
    engine.dispose()
    return f"{url}/prefect"


@pytest.fixture(scope="session")
def only_place(server: Server, tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[Place]:
    """An installation; whoever uses it has mailings of its own."""
    made = Place(server, installed(tmp_path_factory.mktemp("place") / "hos-oss", sqlite_template))
    yield made
    made.rest()
    made.db.engine.dispose()


@pytest.fixture
def place(only_place: Place) -> Place:
    """The installation with a worker that lives."""
    only_place.staffed()
    return only_place
