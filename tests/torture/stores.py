"""Where the tortured mailing's database stands: made anew for each case, saved after a kill, and put back for another ending."""

from __future__ import annotations

import os
import shutil
import time
from abc import ABC, abstractmethod
from pathlib import Path

from sqlalchemy import create_engine, text

from mailings.db import Database, connected
from tests.torture.world import furnish

WORLD, SAVED = "world", "saved"


class Store(ABC):
    """One database of a worker's own. Nothing is connected to it between its methods: its processes fork."""

    database: Database

    @abstractmethod
    def restore(self, name: str) -> None:
        """The database as it was when `name` was saved; WORLD = before anybody touched it."""

    @abstractmethod
    def save(self) -> None:
        """Keep it, as the killed process left it, under the name SAVED."""

    def let_go(self) -> None:
        """Close this process's own connections."""
        self.database.engine.dispose()


class SqliteStore(Store):
    """A file, with the log beside it that a killed process leaves behind."""

    def __init__(self, world: Path, folder: Path) -> None:
        self.folder = folder
        self.database = connected(f"sqlite:///{folder / 'case.db'}")
        shutil.copy(world, folder / f"{WORLD}.db")

    def restore(self, name: str) -> None:
        """Copy the files back."""
        self._copy(name, "case")

    def save(self) -> None:
        """Copy the files."""
        self._copy("case", SAVED)

    def _copy(self, origin: str, target: str) -> None:
        for ending in (".db", ".db-wal"):
            (self.folder / (target + ending)).unlink(missing_ok=True)
            if (self.folder / (origin + ending)).exists():
                shutil.copy(self.folder / (origin + ending), self.folder / (target + ending))
        (self.folder / f"{target}.db-shm").unlink(missing_ok=True)


class PostgresStore(Store):
    """A database on a server of our own; `url` without a database name, `word` tells its databases from others."""

    def __init__(self, url: str, word: str) -> None:
        self.name = f"case_{os.getpid()}_{word}"
        self.admin = create_engine(f"{url}/postgres", isolation_level="AUTOCOMMIT")
        self.database = connected(f"{url}/{self.name}")

    def restore(self, name: str) -> None:
        """Make it anew from the one of that name."""
        self._copy(WORLD if name == WORLD else f"{self.name}_{SAVED}", self.name)

    def save(self) -> None:
        """Make another one from it, once the server has noticed that its client is dead."""
        self._copy(self.name, f"{self.name}_{SAVED}")

    def _copy(self, origin: str, target: str) -> None:
        busy = text("SELECT count(*) FROM pg_stat_activity WHERE datname = :name")
        with self.admin.connect() as connection:
            until = time.monotonic() + 20
            while connection.execute(busy, {"name": origin}).scalar_one():
                assert time.monotonic() < until, "the server still serves a dead client"
                time.sleep(0.002)
            connection.execute(text(f"DROP DATABASE IF EXISTS {target} WITH (FORCE)"))
            connection.execute(text(f"CREATE DATABASE {target} TEMPLATE {origin}"))
        self.admin.dispose()


def sqlite_world(folder: Path) -> Path:
    """The furnished file that every case starts from."""
    furnish(Database(f"sqlite:///{folder / 'world.db'}"))
    return folder / "world.db"


def postgres_world(url: str) -> None:
    """The furnished database that every case starts from."""
    admin = create_engine(f"{url}/postgres", isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        # what is killed is a client: the server lives on, and forgets nothing it has not forced to the disk
        connection.execute(text("ALTER SYSTEM SET fsync = off"))
        connection.execute(text("SELECT pg_reload_conf()"))
        connection.execute(text(f"CREATE DATABASE {WORLD}"))
    admin.dispose()
    furnish(Database(f"{url}/{WORLD}"))
