"""Steps of the tables, one by one, and what is in a database whichever step it stands at."""

from __future__ import annotations

from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import MetaData, Table, select

from cli.setup import MIGRATIONS
from mailings.db import Database


def config_on(connection: object) -> Config:
    """Alembic on this connection."""
    made = Config()
    made.set_main_option("script_location", str(MIGRATIONS))
    made.attributes["connection"] = connection
    return made


STEPS = [step.revision for step in reversed(list(ScriptDirectory.from_config(config_on(None)).walk_revisions()))]


def url_of(db: Database) -> str:
    """As the setting has it."""
    return db.url.render_as_string(hide_password=False)


def held(db: Database, name: str) -> list[dict[str, object]]:
    """Every row of a table, as it is there."""
    with db.connection(write=False) as connection:
        table = Table(name, MetaData(), autoload_with=connection, resolve_fks=False)
        return [dict(row) for row in connection.execute(select(table).order_by(*table.primary_key)).mappings()]


def revision(db: Database) -> str | None:
    """The step the database stands at."""
    with db.connection(write=False) as connection:
        return MigrationContext.configure(connection).get_current_revision()
