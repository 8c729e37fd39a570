"""Statements are compiled once for all tests: each has an engine of its own, and compiling is a third of what a short one takes."""

from __future__ import annotations

from sqlalchemy import Engine

from mailings.db import Database

FIRST: dict[str, Engine] = {}  #: the first engine for each kind of database: what it compiled is every other one's
ENOUGH = 8192  # statements kept; SQLAlchemy keeps 500, which a room of tests is through in a minute


def compiled_once(database: Database) -> Database:
    """The database, whose engine looks up among what others of its kind compiled before it compiles."""
    engine = database.engine
    first = FIRST.setdefault(engine.dialect.name, engine)
    if first is engine:
        engine._compiled_cache.capacity = ENOUGH  # type: ignore[union-attr]  # an engine of ours always has one
    engine.dialect, engine._compiled_cache = first.dialect, first._compiled_cache  # what is kept is kept by dialect
    return database
