"""The demo's last screen: where the messages lie, and what to try next, with people the rules really left out."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from rich.markup import escape
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from cli.demo.tour import MAILING, PAGE, typed
from cli.door import database, screen
from mailings.model import Mailing, Recipient, Verdict

OUTBOX = Path("var/outbox/new")
CURIOUS = (Verdict.NOT_SUBSCRIBED, Verdict.DUPLICATE, Verdict.BLOCKED_ADDRESS, Verdict.NO_CONSENT)


def show_ending(place: Path) -> None:
    """Write one newsletter as a page, then draw the last screen for the demo in `place`."""
    with database().reading() as session:
        reader = _address(session, Verdict.ELIGIBLE)
        left_out = {verdict: address for verdict in CURIOUS if (address := _address(session, verdict))}
    if reader:
        typed("preview", MAILING, "--to", reader, "--out", str(PAGE))
    screen.print(Panel(_where(place), title="Where it all is", title_align="left", border_style="green", padding=(1, 2)))
    screen.print("\n[bold]What to try next[/]")
    screen.print(Padding(_next(place, reader or "", left_out), (0, 0, 0, 2)))


def _address(session: Session, verdict: Verdict) -> str | None:
    found = select(Recipient.address).join(Mailing).where(Mailing.name == MAILING, Recipient.verdict == verdict)
    return session.scalar(found.where(Recipient.address.is_not(None)).order_by(func.length(Recipient.address), Recipient.id).limit(1))


def _where(place: Path) -> Table:
    rows = Table.grid(padding=(0, 2))
    rows.add_column(style="bold", no_wrap=True)
    rows.add_column(overflow="fold")
    for what, where in (
        ("the list", place / "people.xlsx"),
        (f"{sum(1 for _ in OUTBOX.iterdir()):,} messages", place / OUTBOX),
        ("one as a page", place / PAGE),
        ("the mailing", place / MAILING),
        ("the database", place / "var/mailings.db"),
    ):
        rows.add_row(what, escape(str(where)))
    return rows


def _next(place: Path, reader: str, left_out: dict[Verdict, str]) -> Table:
    rows = Table.grid(padding=(0, 2))
    rows.add_column(no_wrap=True)
    rows.add_column(style="dim")
    rows.add_row(f"cd {place}", "the commands below stand in the demo's folder")
    call = _command()
    for words, why in (
        *((f"explain {MAILING} {address}", f"why not? ({verdict.replace('_', ' ')})") for verdict, address in list(left_out.items())[:3]),
        (f"recipients {MAILING} --verdict no_consent", "everyone with one reason"),
        (f"preview {MAILING} --to {reader}", "what this person got"),
        (f"people show {reader}", "everything held about somebody"),
        (f"report {MAILING}", "the figures once more"),
        (f"send {MAILING}", "again: nobody gets it twice"),
    ):
        rows.add_row(escape(f"{call} {words}"), why)
    return rows


def _command() -> str:
    """How to call `mailings` from the demo's folder: by name where it is on the path, else by the way there."""
    called = Path(sys.argv[0]).resolve()
    return "mailings" if shutil.which("mailings") else os.path.relpath(called)
