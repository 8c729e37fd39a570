"""The database: a door's transaction is whole or nothing, writers wait their turn, and trouble is one sentence."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError, StatementError

from mailings.clock import now, standing_at
from mailings.db import Database, driver_sql
from mailings.errors import NotAllowed, Unreachable
from mailings.model import Company, Person, Topic
from tests.narrow import one_connection


def _names(db: Database) -> list[str]:
    with db.reading() as session:
        return list(session.scalars(select(Topic.name).order_by(Topic.name)))


def test_a_writing_block_is_kept_at_its_end(any_db: Database) -> None:
    """What a verb did is there when the door closes its transaction."""
    with any_db.writing() as session:
        session.add(Topic(name="Påske"))
    assert _names(any_db) == ["Påske"]


def test_a_block_that_raises_leaves_nothing(any_db: Database) -> None:
    """An error in the middle takes everything back, also what was flushed."""

    def stumble() -> None:
        with any_db.writing() as session:
            session.add(Topic(name="Jul"))
            session.flush()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        stumble()
    assert _names(any_db) == []


def test_writers_wait_for_one_another(any_db: Database) -> None:
    """Eight writers at once that read before they write all get through, one after the other, and none is lost."""

    def add(number: int) -> None:
        with any_db.writing() as session:
            session.scalars(select(Topic.name)).all()
            session.add(Topic(name=f"Topic {number}"))

    writers = [threading.Thread(target=add, args=(number,)) for number in range(8)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(timeout=60)
    assert len(_names(any_db)) == 8


def test_readers_do_not_wait_for_a_writer(any_db: Database) -> None:
    """While a writer is at work a reader sees what was there before."""
    with any_db.writing() as session:
        session.add(Topic(name="Nyt"))
        session.flush()
        assert _names(any_db) == []


def test_a_row_that_points_nowhere_is_refused(any_db: Database) -> None:
    """Foreign keys hold on both databases; SQLite would let them pass unless told."""
    with pytest.raises(IntegrityError), any_db.writing() as session:
        session.add(Person(name="Åse", company_id=404, created_at=now()))


def test_moments_keep_their_milliseconds(any_db: Database) -> None:
    """A moment comes back as it went in, aware and to the millisecond, and lies in the table as a plain number."""
    moment = datetime(2026, 3, 29, 1, 59, 59, 123_000, UTC)
    with standing_at(moment), any_db.writing() as session:
        session.add(Company(name="Fjordkraft", created_at=now()))
    with any_db.reading() as session:
        assert session.scalars(select(Company.created_at)).one() == moment
    with any_db.connection(write=False) as connection:
        assert connection.exec_driver_sql("SELECT created_at FROM company").scalar_one() == 1774749599123


def test_a_moment_without_a_zone_is_refused(db: Database) -> None:
    """A naive time is a mistake of ours and never reaches a table."""
    with pytest.raises(StatementError, match="without a zone"), db.writing() as session:
        session.add(Company(name="Sæbø", created_at=datetime(2026, 1, 1)))  # noqa: DTZ001  the mistake itself


def test_tables_that_are_missing_are_said_so(tmp_path: Path) -> None:
    """A database without tables answers with what to do."""
    empty = Database(f"sqlite:///{tmp_path}/a/new/folder/empty.db")
    assert not empty.ready()
    with pytest.raises(Unreachable, match="has no tables yet; run: mailings init"):
        _names(empty)


def test_a_server_that_is_not_there_is_one_sentence_without_the_password() -> None:
    """A database that cannot be reached is named, its password is not."""
    nowhere = Database("postgresql+psycopg://me:kodeord@127.0.0.1:1/mailings")
    with pytest.raises(Unreachable, match="cannot be used") as told:
        nowhere.ready()
    assert "127.0.0.1:1/mailings" in str(told.value)
    assert "kodeord" not in str(told.value)
    assert "\n" not in str(told.value)


def test_a_process_that_has_no_connection_left_says_so(any_db: Database) -> None:
    """Who waits in vain for one of the process's connections meets the error of a database that does not answer; then it goes on."""
    with one_connection(any_db) as narrow:
        with narrow.reading() as session:
            session.execute(select(Topic.name))
            for door in (narrow.reading, narrow.writing, narrow.connection):
                with pytest.raises(Unreachable, match="all connections of this process are busy") as told, door() as other:
                    other.execute(select(Topic.name))
                assert "\n" not in str(told.value)
            with pytest.raises(Unreachable):
                narrow.ready()
        assert _names(narrow) == []


def test_what_is_no_url_is_refused_without_being_repeated() -> None:
    """A slip in the URL is answered with how one is written."""
    with pytest.raises(NotAllowed, match="sqlite:///") as told:
        Database("mailings:kodeord@host")
    assert "kodeord" not in str(told.value)


@pytest.mark.parametrize("driver", ["mysql", "postgresql+asyncpg", "oracle+oracledb"])
def test_a_database_of_another_kind_is_refused(driver: str) -> None:
    """What SQLAlchemy knows and this installation has no driver for is answered like a slip, not by an import that fails."""
    with pytest.raises(NotAllowed, match="sqlite:///") as told:
        Database(f"{driver}://me:kodeord@host/mailings")
    assert "kodeord" not in str(told.value)


def test_a_folder_that_cannot_be_made_is_said_so(tmp_path: Path) -> None:
    """An SQLite file below something that is no folder cannot be reached; the sentence names the place and the setting."""
    (tmp_path / "file").touch()
    with pytest.raises(Unreachable, match=r"file of the database cannot be made: .* MAILINGS_DATABASE_URL"):
        Database(f"sqlite:///{tmp_path}/file/mailings.db")


def test_marks_are_written_as_the_driver_wants_them(any_db: Database) -> None:
    """One statement with ? and % serves both drivers."""
    with any_db.connection() as connection:
        sql = driver_sql(connection, "SELECT CAST(? AS INTEGER) % 7, 'Å%' LIKE ?")
        left, like = connection.exec_driver_sql(sql, (40, "Å_")).one()
    assert (left, bool(like)) == (5, True)
