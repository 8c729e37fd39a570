"""How Alembic reaches the database: through the engine that `mailings init` hands over."""

from __future__ import annotations

from alembic import context

from mailings.db import database
from mailings.model import Base


def run() -> None:
    """Run the migrations in one transaction, on the connection given or on the database the settings name."""
    given = context.config.attributes.get("connection")
    if given is not None:
        _run_on(given)
        return
    with database().connection() as connection:
        _run_on(connection)


def _run_on(connection: object) -> None:
    context.configure(connection=connection, target_metadata=Base.metadata, render_as_batch=True, compare_type=True)  # type: ignore[arg-type]
    with context.begin_transaction():
        context.run_migrations()


run()
