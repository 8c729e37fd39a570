"""`mailings init` makes or upgrades the database; `mailings doctor` says what is set, from where, and what can be reached."""

from __future__ import annotations

import time
from dataclasses import asdict
from pathlib import Path

import typer
from rich.markup import escape
from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import OperationalError

from cli.door import AsJson, print_json, record, screen, table
from cli.inspection import settings_in_force, unknown_settings
from cli.reach import domain_lines, findings
from mailings.consent.topics import ensure_default_topics
from mailings.db import Database
from mailings.db import database as open_database
from mailings.errors import NotAllowed, Unreachable
from mailings.readable import spoken
from mailings.sending.form_responses import system_mailings
from mailings.settings import settings

app = typer.Typer()

MIGRATIONS = Path(__file__).parent.parent / "migrations"
ALONE = text("SELECT pg_advisory_xact_lock(hashtext('mailings init'))")
PATIENCE = 60.0  # seconds the upgrade waits for a moment in which nobody is at work in any table
MARKS = {True: "[green]✓[/]", None: "[yellow]![/]", False: "[red]✗[/]"}


@app.command()
def init() -> None:
    """Create or upgrade the database; safe to repeat."""
    found = open_database()
    before, after = upgrade(found)
    with found.writing() as session:
        ensure_default_topics(session)
        system_mailings.refresh(session, settings())
        if before != after:
            record(session, "upgrade" if before else "init", before=before, after=after)
    where = found.url.render_as_string(hide_password=True)
    done = "is made" if before is None else "is up to date" if before == after else f"is upgraded from {before} to {after}"
    screen.print(f"[green]✓[/] The database {escape(where)} {done}.", soft_wrap=True, highlight=False)


@app.command()
def doctor(as_json: AsJson = False) -> None:
    """What is set, from where (secrets starred), what can be reached, and whether receivers will believe our domains.

    Exit 3 when something needed is not there; what the DNS lacks keeps nothing from being sent.
    """
    set_, unknown, found, domains = settings_in_force(), unknown_settings(), list(findings()), domain_lines()
    if as_json:
        told = {"settings": [asdict(s) for s in set_], "unknown": unknown, "found": [asdict(f) for f in found]}
        print_json(told | {"domains": [asdict(line) for line in domains]})
    else:
        table("Settings", ("Name", "Value", "From"), [(s.name, escape(s.value), s.source) for s in set_])
        for sentence in unknown:
            screen.print(f"{MARKS[None]} {escape(sentence)}", soft_wrap=True, highlight=False)
        for f in found:
            screen.print(f"{MARKS[f.ok]} {f.what}: {escape(f.note)}", soft_wrap=True, highlight=False)
        for line in domains:
            screen.print(f"{MARKS[line.ok]} {spoken(line.domain)}, {line.what}: {escape(line.note)}", soft_wrap=True, highlight=False)
            if line.publish:
                screen.print(f"    {escape(line.publish)}", soft_wrap=True, highlight=False)
    if any(f.ok is False for f in found):
        raise typer.Exit(3)


def upgrade(database: Database) -> tuple[str | None, str | None]:
    """Run the migrations that are missing, in one transaction: all or, where it is cut off, none. Returns the revision before and after.

    None = no tables. Two at the same moment are one after the other. Raises NotAllowed for a database that a newer version has upgraded.
    """
    from alembic import command  # noqa: PLC0415  a third of a second that --help need not wait for
    from alembic.config import Config  # noqa: PLC0415  see above
    from alembic.runtime.migration import MigrationContext  # noqa: PLC0415  see above
    from alembic.script import ScriptDirectory  # noqa: PLC0415  see above

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with database.connection() as connection:
        if not database.sqlite:  # SQLite has one writer at a time anyway
            connection.execute(ALONE)
        config.attributes["connection"] = connection
        before = MigrationContext.configure(connection).get_current_revision()
        if before not in {None, *(step.revision for step in ScriptDirectory.from_config(config).walk_revisions())}:
            raise NotAllowed(
                f"The database {database.url.render_as_string(hide_password=True)} is at step {before}, which this version does not know: "
                "a newer one has upgraded it. Install that version again, or restore the backup made before the upgrade."
            )
        if not database.sqlite and before not in {None, *ScriptDirectory.from_config(config).get_heads()}:
            _have_to_ourselves(connection)
        command.upgrade(config, "head")
        return before, MigrationContext.configure(connection).get_current_revision()


def _have_to_ourselves(connection: Connection) -> None:
    """Lock every table there is, until the end of the transaction. Raises Unreachable where somebody is at work in one all the time.

    Never waits while it holds a lock: step by step it would come across a process that takes the tables in another order, and PostgreSQL
    ends one of the two ("deadlock detected"), perhaps the one that sends.
    """
    quoted = connection.dialect.identifier_preparer.quote
    names = ", ".join(quoted(name) for name in sorted(inspect(connection).get_table_names()))
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            with connection.begin_nested():
                connection.execute(text(f"LOCK TABLE {names} IN ACCESS EXCLUSIVE MODE NOWAIT"))
                return
        except OperationalError as busy:
            if type(busy.orig).__name__ != "LockNotAvailable":
                raise
            if time.monotonic() > deadline:
                raise Unreachable("Other processes are at work in the database all the time; end them, then: mailings init") from busy
            time.sleep(0.02)
