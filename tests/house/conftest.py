"""A database without a table, and one of the first release, for the tests of migrations and of the upgrade."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import create_engine, text

from mailings.db import Database
from tests.house import first_release
from tests.house.upgrading import config_on


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=[pytest.mark.postgres])])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database without a single table."""
    if request.param == "sqlite":
        made = Database(f"sqlite:///{tmp_path}/empty.db")
    else:
        server = request.getfixturevalue("postgres_url")
        with create_engine(f"{server}/postgres", isolation_level="AUTOCOMMIT").connect() as connection:
            connection.execute(text("DROP DATABASE IF EXISTS migrated WITH (FORCE)"))
            connection.execute(text("CREATE DATABASE migrated"))
        made = Database(f"{server}/migrated")
    yield made
    made.engine.dispose()


@pytest.fixture
def old(empty: Database) -> Database:
    """A database of the first release, with rows in every table it has."""
    with empty.connection() as connection:
        command.upgrade(config_on(connection), "0001")
        first_release.fill(connection)
    return empty
