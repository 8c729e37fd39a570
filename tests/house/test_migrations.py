"""Migrations lead to the very tables the model describes, on SQLite and on PostgreSQL."""

from __future__ import annotations

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect, text
from sqlalchemy.exc import IntegrityError

from cli.setup import MIGRATIONS, upgrade
from mailings.db import Database
from mailings.model import Base


def test_migrations_make_what_the_model_describes(empty: Database) -> None:
    """After all migrations nothing is missing and nothing is left over: tables, columns, types, indexes, keys."""
    before, after = upgrade(empty)
    assert before is None
    assert after is not None
    with empty.connection(write=False) as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_indexes_on_some_rows_only_keep_their_condition(empty: Database) -> None:
    """Partial indexes are partial in the migrated database too: a plain unique index in their place would refuse good rows."""
    upgrade(empty)
    there = inspect(empty.engine)
    for table in Base.metadata.tables.values():
        partial = {i.name for i in table.indexes if i.dialect_options["sqlite"]["where"] is not None}
        found = {i["name"] for i in there.get_indexes(table.name) if any("where" in key for key in i.get("dialect_options", {}))}
        assert found == partial, table.name


def test_numbers_are_never_given_again_where_the_model_says_so(empty: Database) -> None:
    """The same tables count on past what was deleted, in the migrated database as in the model: tokens say no more than a number."""
    if not empty.sqlite:
        return
    upgrade(empty)
    with empty.connection(write=False) as connection:
        written = connection.execute(text("SELECT name FROM sqlite_master WHERE sql LIKE '%AUTOINCREMENT%'")).scalars()
        counting = {name for name, table in Base.metadata.tables.items() if table.dialect_options["sqlite"]["autoincrement"]}
        assert set(written) == counting >= {"mailing", "recipient", "delivery", "event", "outbox"}


def test_upgrading_twice_is_upgrading_once(empty: Database) -> None:
    """`mailings init` may be repeated: the second time nothing changes."""
    _, first = upgrade(empty)
    tables = set(inspect(empty.engine).get_table_names())
    assert upgrade(empty) == (first, first)
    assert set(inspect(empty.engine).get_table_names()) == tables


def test_folders_of_one_name_at_the_root_are_told_apart(empty: Database) -> None:
    """Where two were made in the same moment, the upgrade keeps both, gives the later its number, and no third can be made."""
    upgrade_to(empty, "0003")
    with empty.connection() as connection:
        for name in ("2026", "2026", "høst"):
            connection.execute(text("INSERT INTO folder (name) VALUES (:name)"), {"name": name})
    upgrade(empty)
    with empty.connection() as connection:
        assert list(connection.execute(text("SELECT name FROM folder ORDER BY id")).scalars()) == ["2026", "2026 (2)", "høst"]
        with pytest.raises(IntegrityError):
            connection.execute(text("INSERT INTO folder (name) VALUES ('2026')"))
        connection.rollback()


def upgrade_to(database: Database, revision: str) -> None:
    """Run the migrations up to one of them."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with database.connection() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
