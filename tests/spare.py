"""PostgreSQL databases handed from test to test, each under a name of its own: making one takes 60 to 220 ms, emptying one 30."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable

from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.exc import OperationalError

TEMPLATE = "template_mailings"
#: what the tables are: a test that changed them leaves a database that nobody else is given
SHAPE = """SELECT count(*), sum(hashtext(c.relname || '.' || a.attname || a.atttypid || a.attnotnull)::bigint)
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid WHERE c.relnamespace = 'public'::regnamespace AND NOT a.attisdropped"""
ALONE = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name AND pid <> pg_backend_pid()"
LEFT = "SELECT count(*) FROM pg_stat_activity WHERE datname = :name"
TABLES = "SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public'"
#: numbers begin at 1 again
AFRESH = "SELECT setval(quote_ident(sequencename)::regclass, 1, false) FROM pg_sequences WHERE last_value IS NOT NULL"
PATIENCE = 60.0  # seconds a connection that was ended may take to be gone


class Spare:
    """The spare databases of one cluster. `make` makes all tables in an empty one."""

    def __init__(self, server: str, make: Callable[[Engine], None]) -> None:
        self.server, self._spare, self._numbers = server, list[str](), itertools.count(1)
        self._admin = create_engine(f"{server}/postgres", isolation_level="AUTOCOMMIT")
        self._do(f"CREATE DATABASE {TEMPLATE}")
        with _opened(f"{server}/{TEMPLATE}") as engine:
            make(engine)
            with engine.connect() as connection:
                self._shape = connection.execute(text(SHAPE)).one()

    def take(self) -> str:
        """An empty database; its name was never used before, so that nobody a test left behind finds it."""
        name = f"test_{next(self._numbers)}"
        if self._spare:
            self._renamed(self._spare.pop(), name)
        else:
            self._do(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE} STRATEGY FILE_COPY")
        return name

    def give_back(self, name: str) -> None:
        """Empty it for the next test; thrown away where its tables are not what they were."""
        with self._admin.connect() as connection:
            connection.execute(text(ALONE), {"name": name})
        with _opened(f"{self.server}/{name}") as engine, engine.connect() as connection:
            whole = connection.execute(text(SHAPE)).one() == self._shape
            if whole:
                _empty(connection)
        if whole:
            self._spare.append(name)
        else:
            self._do(f"DROP DATABASE {name} WITH (FORCE)")

    def close(self) -> None:
        """Let go of the cluster."""
        self._admin.dispose()

    def _renamed(self, old: str, name: str) -> None:
        until = time.monotonic() + PATIENCE
        with self._admin.connect() as connection:
            # a connection that was closed is gone a moment later; PostgreSQL, finding it, would look again after 100 ms
            while connection.execute(text(LEFT), {"name": old}).scalar() and time.monotonic() < until:
                time.sleep(0.002)
        self._do(f"ALTER DATABASE {old} RENAME TO {name}")

    def _do(self, statement: str) -> None:
        until = time.monotonic() + PATIENCE
        while True:
            try:
                with self._admin.connect() as connection:
                    connection.execute(text(statement))
                    return
            except OperationalError:  # somebody's connection is not quite gone
                if time.monotonic() > until:
                    raise
                time.sleep(0.01)


class _opened:  # noqa: N801  reads as what it is
    """An engine for as long as it is used, committing each statement."""

    def __init__(self, url: str) -> None:
        self.engine = create_engine(url, isolation_level="AUTOCOMMIT")

    def __enter__(self) -> Engine:
        """The engine."""
        return self.engine

    def __exit__(self, *_: object) -> None:
        """Its connections are closed."""
        self.engine.dispose()


def _empty(connection: Connection) -> None:
    tables = list(connection.execute(text(TABLES)).scalars())
    filled = " UNION ALL ".join(f"SELECT '{table}' WHERE EXISTS (SELECT 1 FROM {table})" for table in tables)
    used = set(connection.execute(text(filled)).scalars())
    # TRUNCATE would take every table that refers to these along, with a new file for each of their indexes
    connection.execute(text("SET session_replication_role = replica"))
    for table in sorted(used):
        connection.execute(text(f"DELETE FROM {table}"))
    connection.execute(text(AFRESH))
