"""The setting that says which database: read, and looked over before SQLAlchemy is asked to open it."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy.engine import URL, make_url

from mailings.errors import NotAllowed, Unreachable

#: those that are installed: asked for any other, SQLAlchemy fails at an import
DRIVERS = ("sqlite", "sqlite+pysqlite", "postgresql", "postgresql+psycopg")
NO_URL = "MAILINGS_DATABASE_URL is no database URL; write sqlite:///var/mailings.db or postgresql+psycopg://..."


def database_url(url: str) -> URL:
    """The URL as SQLAlchemy reads it; the folder of an SQLite file is made. Errors do not repeat it: it may hold a password."""
    try:
        read = make_url(url)
    except Exception as error:
        raise NotAllowed(NO_URL) from error
    if read.drivername not in DRIVERS:
        raise NotAllowed(NO_URL)
    if read.get_backend_name() == "sqlite" and read.database and read.database != ":memory:":
        _make_folder(Path(read.database).parent)
    return read


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Unreachable(f"The folder {folder} of the database cannot be made: {error.strerror}; set MAILINGS_DATABASE_URL.") from error
