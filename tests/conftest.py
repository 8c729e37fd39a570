"""What every test may ask for: a database with its tables (SQLite file and PostgreSQL), settings, a clean environment."""

from __future__ import annotations

import gc
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import trustme

from tests import place

place.in_memory()
# before anything imports Prefect: a developer's own server and home are never touched
os.environ["PREFECT_HOME"] = tempfile.mkdtemp(prefix="mailings-prefect-")
os.environ["PREFECT_SERVER_ANALYTICS_ENABLED"] = "false"
os.environ["PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW"] = "ignore"
# every client of Prefect's reads the authorities it trusts: 26 ms for the world's, none for one, and nobody beyond loopback is asked
os.environ["SSL_CERT_FILE"] = f"{os.environ['PREFECT_HOME']}/authority.pem"
trustme.CA().cert_pem.write_to_path(os.environ["SSL_CERT_FILE"])
for name in [n for n in os.environ if n == "PREFECT_API_URL" or (n.startswith("MAILINGS_") and n != "MAILINGS_TEST_DATA")]:
    del os.environ[name]

from mailings.db import Database, connected
from mailings.model import Base
from mailings.settings import Settings, settings
from tests import postgres
from tests.compiled import compiled_once
from tests.examples import tried
from tests.spare import Spare

# how long an example takes says nothing of the product where the machine is busy with others
UNTIMED: Any = {"deadline": None, "suppress_health_check": [hypothesis.HealthCheck.too_slow]}
hypothesis.settings.register_profile("tried", hypothesis.settings.default, max_examples=tried(100), **UNTIMED)
hypothesis.settings.load_profile("tried")


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """What all tests import stays to the end: it is looked through for garbage neither while it comes, 2.5 s of 12.7, nor ever after."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        gc.freeze()


@pytest.fixture(autouse=True)
def settings_anew() -> None:
    """No test reads settings that another one's environment made."""
    settings.cache_clear()


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A running PostgreSQL; skips, saying so, where none is installed."""
    found = postgres.binaries()
    if found is None:
        pytest.skip("PostgreSQL is not installed: its half of the database tests is left out")
    with postgres.running(found, hasty=True) as url:
        yield url


@pytest.fixture(scope="session")
def spare_databases(postgres_url: str) -> Iterator[Spare]:
    """Databases with all tables and nothing in them."""
    spare = Spare(postgres_url, Base.metadata.create_all)
    yield spare
    spare.close()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with all tables, to be copied."""
    path = tmp_path_factory.mktemp("template") / "mailings.db"
    made = Database(f"sqlite:///{path}")
    Base.metadata.create_all(made.engine)
    with made.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    made.engine.dispose()
    return path


def _sqlite(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    path = tmp_path / "mailings.db"
    shutil.copy(request.getfixturevalue("sqlite_template"), path)
    made = compiled_once(connected(f"sqlite:///{path}"))
    yield made
    made.engine.dispose()


def _postgres(request: pytest.FixtureRequest) -> Iterator[Database]:
    spare: Spare = request.getfixturevalue("spare_databases")
    name = spare.take()
    made = compiled_once(connected(f"{spare.server}/{name}"))
    yield made
    made.engine.dispose()
    spare.give_back(name)


@pytest.fixture
def db(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A SQLite file of the test's own, with all tables."""
    yield from _sqlite(request, tmp_path)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=[pytest.mark.postgres])])
def any_db(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """The same test on SQLite and on PostgreSQL: for everything whose SQL could differ."""
    yield from _sqlite(request, tmp_path) if request.param == "sqlite" else _postgres(request)


@pytest.fixture
def configured(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, db: Database) -> Iterator[Settings]:
    """An installation as settings see it: the test's SQLite file, its own outbox, a secret of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MAILINGS_DATABASE_URL", db.url.render_as_string(hide_password=False))
    monkeypatch.setenv("MAILINGS_FOLDER_PATH", str(tmp_path / "outbox"))
    monkeypatch.setenv("MAILINGS_SECRET", "a-secret-of-the-tests")
    settings.cache_clear()
    yield settings()
    settings.cache_clear()


@pytest.fixture(scope="session")
def test_data() -> Path:
    """The folder of real bounces, workbooks and templates; skips, saying so, where MAILINGS_TEST_DATA is not set."""
    folder = os.environ.get("MAILINGS_TEST_DATA")
    if not folder:
        pytest.skip("MAILINGS_TEST_DATA is not set: the tests on real data are left out")
    return Path(folder)
