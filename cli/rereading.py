"""`mailings reread`: clicks and opens told apart anew, by the rules of this version."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import typer

from cli.door import AsJson, database, record, tell
from mailings.db import Database
from mailings.readable import counted
from mailings.sending.finding import mailing_named
from mailings.tracking.reading import VERSION
from mailings.tracking.rereading import Reread, reread

app = typer.Typer()

Name = Annotated[str | None, typer.Argument(help="The mailing's name; without one, every mailing.", show_default=False)]


@app.command("reread")
def reread_visits(name: Name = None, as_json: AsJson = False) -> None:
    """Tell people's clicks and opens from machines' anew, by the rules of this version. What came stays as it came."""
    db = database()
    with db.reading() as session:
        mailing_id = mailing_named(session, name).id if name else None
    portions = list(_portions(db, mailing_id, f"mailing {name}" if name else ""))
    messages, changed = sum(one.messages for one in portions), sum(one.changed for one in portions)
    again = counted(messages, "message with visits was", "messages with visits were")
    said = f"{again} read again by rules {VERSION}: {counted(changed, 'reading') if changed else 'no readings'} changed."
    tell(said, {"mailing": name, "version": VERSION, "messages": messages, "changed": changed}, as_json=as_json)


def _portions(db: Database, mailing_id: int | None, subject: str) -> Iterator[Reread]:
    """A transaction each; the last has the line in the log, of them all."""
    last, more, changed = 0, True, 0
    while more:
        with db.writing() as session:
            portion = reread(session, mailing_id, last)
            changed += portion.changed
            if changed and not portion.more:
                record(session, "reread", subject, changed=changed)
        yield portion
        last, more = portion.last, portion.more
