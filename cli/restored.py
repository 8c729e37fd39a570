"""`mailings restored`: said once after a backup was put back, before anything sends, so that nobody gets a message twice."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from cli.door import NOBODY, AsJson, agreed, changing, notes, print_json, screen, terminal
from mailings.errors import NotAllowed
from mailings.sending.restoring import Restored
from mailings.sending.restoring import restored as put_right

app = typer.Typer(help="After a backup was put back.")


@app.command()
def restored(
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask; for scripts.")] = False,
    as_json: AsJson = False,
) -> None:
    """Say that this database was put back from a backup: what may have gone out since is in doubt, what had not begun is a draft again.

    Mailings that were being sent are paused until somebody has settled them and sends them on. Numbers in links go on far beyond
    those already given.
    """
    if not yes and not terminal():
        raise NotAllowed(NOBODY)
    if not yes and not agreed("Was this database put back from a backup, and is every sender stopped?"):
        notes.print("Nothing was changed.", highlight=False)
        raise typer.Exit(1)
    told: dict[str, int] = {}
    with changing("restored", "", told) as session:
        done = put_right(session)
        told |= {"drafts": len(done.drafts), "held": len(done.held), "in_doubt": sum(done.in_doubt.values())}
    if as_json:
        print_json(asdict(done))
    else:
        _tell(done)


def _tell(done: Restored) -> None:
    for name, n in done.in_doubt.items():
        screen.print(
            f"{name}: {n:,} may have gone out since the backup and are in doubt: mailings settle {name}", highlight=False, soft_wrap=True
        )
    for name in done.held:
        screen.print(f"{name} is paused; when it is settled: mailings send {name}", highlight=False, soft_wrap=True)
    for name in done.drafts:
        screen.print(f"{name} is a draft again; was it sent since? mailings delete {name}", highlight=False, soft_wrap=True)
    screen.print(
        "Look through your drafts, too: what was sent since the backup is a draft in it. mailings list", highlight=False, soft_wrap=True
    )
