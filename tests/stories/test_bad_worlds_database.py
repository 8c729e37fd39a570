"""The database goes away in the middle of a run and comes back: the run goes on by itself, nobody twice, nobody lost."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import create_engine, text

from mailings.db import Database
from mailings.model import Base
from tests import postgres
from tests.postgres import Cluster
from tests.servers.mailbox import Mailbox, mailbox
from tests.stories.conftest import Office
from tests.stories.test_bad_worlds import smtp
from tests.stories.test_killed import until_sent

pytestmark = [pytest.mark.slow, pytest.mark.prefect, pytest.mark.postgres, pytest.mark.xdist_group("worlds")]

#: Seconds without a database. DATABASE_GONE=20 takes 40 s longer: the task tries for at least 39 s (tasks/retrying.py)
GONE = float(os.environ.get("DATABASE_GONE", "3"))


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    """A PostgreSQL of this test's own, for it to stop; skips, saying so, where none is installed."""
    found = postgres.binaries()
    if found is None:
        pytest.skip("PostgreSQL is not installed")
    with postgres.cluster(found) as made:
        yield made


@pytest.fixture
def any_db(cluster: Cluster) -> Iterator[Database]:
    """The database on it: stories here run on no other."""
    with create_engine(f"{cluster.url}/postgres", isolation_level="AUTOCOMMIT").connect() as connection:
        connection.execute(text("CREATE DATABASE mailings"))
    made = Database(f"{cluster.url}/mailings")
    Base.metadata.create_all(made.engine)
    yield made
    made.engine.dispose()


@pytest.fixture
def server() -> Iterator[Mailbox]:
    """A mail server that takes everything."""
    with mailbox() as box:
        yield box


def test_gone_in_the_middle_of_a_run(office: Callable[..., Office], cluster: Cluster, server: Mailbox) -> None:
    """The run waits for the database and goes on: exit 0, no traceback for the person, each recipient served at most once."""
    people = 1500
    desk = office(people, **smtp(server.port), MAILINGS_RATE="12000")
    with desk.started("send", "host-nytt") as first:
        until_sent(desk, first, 200)
        cluster.stop()
        time.sleep(GONE)
        cluster.start()
        _, said = first.communicate(timeout=300)
    assert first.returncode == 0, said
    assert desk.command("send", "host-nytt").returncode == 0  # what a commit cut in two left claimed is put in doubt now
    found = desk.status()
    assert found["status"] == "sent"
    assert found["deliveries"]["sent"] + found["deliveries"]["in_doubt"] == people
    assert found["deliveries"]["in_doubt"] <= 200
    assert len({taken.recipient for taken in server.taken}) == len(server.taken) >= found["deliveries"]["sent"]


def test_gone_before_the_run(office: Callable[..., Office], cluster: Cluster) -> None:
    """A command that finds no database says so in one sentence, without the password, and ends with 3."""
    desk = office(3)
    cluster.stop()
    try:
        for words in (("status", "host-nytt"), ("send", "host-nytt")):
            found = desk.command(*words)
            assert (found.returncode, "Traceback" in found.stderr) == (3, False)
            assert "The database postgresql+psycopg://postgres@127.0.0.1" in found.stderr
            assert found.stderr.count("\n") == 1
    finally:
        cluster.start()
