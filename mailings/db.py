"""The database: one engine per URL, one transaction per door. SQLite by default, PostgreSQL by URL, one plan for both."""

from __future__ import annotations

import weakref
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast

import orjson
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Engine,
    String,
    any_,
    create_engine,
    event,
    false,
    func,
    inspect,
    literal,
    select,
)
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import DatabaseError, DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionFree
from sqlalchemy.orm import Session

from mailings import seams
from mailings.database_url import database_url
from mailings.errors import Unreachable
from mailings.seams import Seam
from mailings.settings import settings

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql

#: how SQLite and PostgreSQL say that a table is missing, and that a column is
UNMADE, OLDER = ("no such table", "UndefinedTable"), ("no such column", "has no column named", "UndefinedColumn")
BUSY_MS = 30_000  # how long a writer waits for another before giving up


class Database:
    """A database by URL. `writing()` and `reading()` open the transaction that a verb receives; a verb never commits."""

    def __init__(self, url: str) -> None:
        self.url = database_url(url)
        self.sqlite = self.url.get_backend_name() == "sqlite"
        self.engine = _engine(url, self.sqlite)

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """One transaction that may write: committed at the end of the block, rolled back when it raises."""
        with _said_plainly(self), Session(self.engine.execution_options(immediate=True)) as session:
            with session.begin():
                yield session
                seams.before(Seam.COMMIT)
            seams.after(Seam.COMMIT)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """One transaction that only reads."""
        with _said_plainly(self), Session(self.engine) as session, session.begin():
            yield session

    @contextmanager
    def connection(self, *, write: bool = True) -> Iterator[Connection]:
        """A bare connection in one transaction, for driver-level statements on the hot path (fast.md 3)."""
        engine = self.engine.execution_options(immediate=True) if write else self.engine
        with _said_plainly(self):
            with engine.begin() as connection:
                yield connection
                if write:
                    seams.before(Seam.COMMIT)
            if write:
                seams.after(Seam.COMMIT)

    def ready(self) -> bool:
        """True when the tables are there."""
        with _said_plainly(self):
            return inspect(self.engine).has_table("mailing")


def driver_sql(connection: Connection, sql: str) -> str:
    """`sql` written with `?` marks, in the mark style of this connection's driver."""
    return sql if connection.dialect.name == "sqlite" else sql.replace("%", "%%").replace("?", "%s")


def insert_into(session: Session, table: Any) -> sqlite.Insert | postgresql.Insert:
    """An INSERT of this database's dialect, for `on_conflict_do_nothing` and its like, which SQLAlchemy keeps per dialect."""
    if session.get_bind().dialect.name == "sqlite":
        return sqlite.insert(table)
    from sqlalchemy.dialects import postgresql  # noqa: PLC0415  3 MB that a sender on SQLite need not hold

    return postgresql.insert(table)


def among(session: Session, column: Any, values: Collection[int] | Collection[str]) -> ColumnElement[bool]:
    """`column IN values` with the values as one parameter: any number of them, and no statement is compiled anew for each number."""
    if not values:
        return false()
    if session.get_bind().dialect.name == "sqlite":
        listed = func.json_each(orjson.dumps(list(values)).decode()).table_valued("value")
        return cast("ColumnElement[bool]", column.in_(select(listed.c.value)))
    from sqlalchemy.dialects import postgresql  # noqa: PLC0415  see above

    kind = BigInteger() if isinstance(next(iter(values)), int) else String()
    return cast("ColumnElement[bool]", column == any_(literal(list(values), postgresql.ARRAY(kind))))


@lru_cache(maxsize=8)
def connected(url: str) -> Database:
    """The process's one Database for `url`. Closed at its end: only then SQLite puts what was written last into the file itself."""
    made = Database(url)
    weakref.finalize(made, made.engine.dispose)
    return made


def database() -> Database:
    """The Database the settings name."""
    return connected(settings().database_url.get_secret_value())


def _engine(url: str, sqlite: bool) -> Engine:
    """Statements in errors and logs come without their values: those are people's."""
    if not sqlite:
        return create_engine(url, pool_pre_ping=True, hide_parameters=True, connect_args={"connect_timeout": 10})
    engine = create_engine(url, hide_parameters=True, connect_args={"timeout": BUSY_MS / 1000, "check_same_thread": False})
    event.listen(engine, "connect", _sqlite_connect)
    event.listen(engine, "begin", _sqlite_begin)
    return engine


def _sqlite_connect(raw: Any, _record: object) -> None:
    raw.isolation_level = None  # BEGIN is ours: pysqlite would open no transaction for a SELECT
    raw.create_function("lower", 1, _lower, deterministic=True)  # SQLite's own knows A to Z only: "Åse" would not equal "åse"
    cursor = raw.cursor()
    # FULL: a commit is on the disk before anything is handed over; it costs little at batches of 200 (fast.md 3)
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        f"busy_timeout={BUSY_MS}",
        # half a megabyte a connection: the system holds the pages anyway. 2 MB each cost a sender 8 MB and saved a tenth of populating
        "cache_size=-500",
        # temp_store stays on its default, files: sorting a million recipients in memory takes 110 MB more (bench/audience.py)
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _lower(value: Any) -> str | None:
    return None if value is None else str(value).lower()


def _sqlite_begin(connection: Connection) -> None:
    # a deferred transaction that turns into a writer can fail at once with SQLITE_BUSY; IMMEDIATE waits its turn
    immediate = connection.get_execution_options().get("immediate")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")


@contextmanager
def _said_plainly(database: Database) -> Iterator[None]:
    try:
        yield
    except NoConnectionFree as error:
        where = database.url.render_as_string(hide_password=True)
        raise Unreachable(
            f"The database {where} cannot be used: all connections of this process are busy; try again in a moment."
        ) from error
    except DBAPIError as error:
        where = database.url.render_as_string(hide_password=True)
        if any(words in f"{type(error.orig).__name__} {error.orig}" for words in UNMADE):
            raise Unreachable(f"The database {where} has no tables yet; run: mailings init") from error
        if any(words in f"{type(error.orig).__name__} {error.orig}" for words in OLDER):
            raise Unreachable(f"The database {where} is not of this version ({_first_line(error)}); run: mailings init") from error
        if type(error) in (OperationalError, DatabaseError):  # the latter, by itself: SQLite's of a file that is broken, or none of its own
            raise Unreachable(f"The database {where} cannot be used: {_first_line(error)}.") from error
        raise


def _first_line(error: DBAPIError) -> str:
    return str(error.orig).strip().splitlines()[0].rstrip(".") if str(error.orig).strip() else type(error.orig).__name__
