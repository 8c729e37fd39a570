"""A database of which this process may have one connection: whoever wants another waits a moment, in vain."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import create_engine

from mailings.db import Database


@contextmanager
def one_connection(db: Database) -> Iterator[Database]:
    """The same database through a pool of one."""
    narrow = Database(db.url.render_as_string(hide_password=False))
    narrow.engine = create_engine(narrow.url, pool_size=1, max_overflow=0, pool_timeout=0.1)
    try:
        yield narrow
    finally:
        narrow.engine.dispose()
