"""Prefect's schedules on the pinned SQLAlchemy: its server is told what it needs, by the entry point it loads when it starts."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import entry_points

import pytest

STARTED = """
import prefect.server.api.server  # what `prefect server start` imports
from prefect.plugins import load_prefect_collections  # what its start-up calls
from prefect.server.database.orm_models import FlowRun, TaskRun
assert "mailings" in load_prefect_collections()
import sqlalchemy as sa
from sqlalchemy.dialects import sqlite
from sqlalchemy.orm import Session
from uuid import uuid4

engine = sa.create_engine("sqlite://")
seen = []
with engine.connect() as connection:
    for model in (FlowRun, TaskRun):
        try:
            Session(connection).execute(sqlite.insert(model), [{"id": uuid4(), "name": "blåbær", "state": {}}])
        except sa.exc.OperationalError as error:
            seen.append("no such table" in str(error))  # it came as far as the database
print(seen)
"""


def test_it_is_loaded() -> None:
    """The package names the module where Prefect's server looks for what to load; without it every schedule stands still."""
    assert {one.value for one in entry_points(group="prefect.collections", name="mailings")} == {"deployments.mending"}


@pytest.mark.slow
def test_scheduled_runs_are_written() -> None:
    """A bulk INSERT of runs with a key `state`, as the scheduler's, comes as far as the database on our SQLAlchemy."""
    done = subprocess.run([sys.executable, "-c", STARTED], capture_output=True, text=True, timeout=180)
    assert done.stdout.strip().splitlines()[-1:] == ["[True, True]"], done.stdout + done.stderr
