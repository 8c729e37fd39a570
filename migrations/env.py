"""How Alembic reaches the database: through the engine that `mailings init` hands over."""

from __future__ import annotations

from typing import Any

from alembic import context

from mailings.db import database
from mailings.model import Base, Moment


def run() -> None:
    """Run the migrations in one transaction, on the connection given or on the database the settings name."""
    given = context.config.attributes.get("connection")
    if given is not None:
        _run_on(given)
        return
    with database().connection() as connection:
        _run_on(connection)


def _run_on(connection: object) -> None:
    context.configure(
        connection=connection,  # type: ignore[arg-type]  # SQLAlchemy's Connection, handed through Alembic's untyped attributes
        target_metadata=Base.metadata,
        render_as_batch=True,  # SQLite cannot alter a column in place
        render_item=_rendered,
        compare_type=True,
    )
    with context.begin_transaction():
        context.run_migrations()


def _rendered(kind: str, item: Any, _autogen: object) -> str | bool:
    # a migration must mean the same in five years: it names the database's own type, not a class of ours
    return "sa.BigInteger().with_variant(sa.Integer(), 'sqlite')" if kind == "type" and isinstance(item, Moment) else False


run()
