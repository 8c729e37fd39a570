"""The demo's last screen: where the messages lie, and what to try next, with people the rules really left out."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from rich.markup import escape
from rich.panel import Panel
from rich.table import Table
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from cli.demo.channels import ANSWER, FORM, LETTER
from cli.demo.tour import MAILING, OUTBOX, PAGE, REPORT
from cli.door import database, screen
from cli.main import application
from mailings.model import Mailing, Recipient, Verdict
from mailings.readable import counted
from mailings.sending.finding import mailing_named
from mailings.sending.printing import letters_of
from mailings.settings import settings

CURIOUS = (Verdict.NOT_SUBSCRIBED, Verdict.DUPLICATE, Verdict.BLOCKED_ADDRESS, Verdict.NO_CONSENT)


def show_ending(place: Path, call: str) -> None:
    """Write one newsletter as a page, then draw the last screen for the demo in `place`; `call` is how to call `mailings` from there."""
    with database().reading() as session:
        reader = _address(session, Verdict.ELIGIBLE)
        left_out = {verdict: address for verdict in CURIOUS if (address := _address(session, verdict))}
    if reader:
        with screen.capture():  # the page is enough; its text would push the figures off the screen
            application()(["preview", MAILING, "--to", reader, "--out", str(PAGE)], standalone_mode=False)
    screen.print()
    screen.print(Panel(_where(place), title="Where it all is", title_align="left", border_style="green", padding=(1, 2)))
    screen.print(f"\n[bold]What to try next[/], from the demo's folder: [bold]cd {escape(str(place))}[/]\n", highlight=False)
    for why, words in _next(reader or "", left_out):
        screen.print(f"  [dim]# {escape(why)}[/]\n  {escape(call)} {escape(words)}", highlight=False, soft_wrap=True)


def way_to_mailings(place: Path) -> str:
    """How to call `mailings` from the demo's folder: by name where it is on the path, else by the way there."""
    return "mailings" if shutil.which("mailings") else os.path.relpath(Path(sys.argv[0]).resolve(), place.resolve())


def _address(session: Session, verdict: Verdict) -> str | None:
    found = select(Recipient.address).join(Mailing).where(Mailing.name == MAILING, Recipient.verdict == verdict)
    return session.scalar(found.where(Recipient.address.is_not(None)).order_by(func.length(Recipient.address), Recipient.id).limit(1))


def _where(place: Path) -> Table:
    with database().reading() as session:
        found = letters_of(mailing_named(session, LETTER), settings())
    rows = Table.grid(padding=(0, 2))
    rows.add_column(style="bold", no_wrap=True)
    rows.add_column(overflow="fold")
    for what, where in (
        ("the list", place / "people.xlsx"),
        (counted(sum(1 for _ in (OUTBOX / "new").iterdir()), "message"), place / OUTBOX),
        ("one as a page", place / PAGE),
        ("its report", place / REPORT),
        *((counted(one.letters, "letter"), place / found.folder / one.pdf) for one in found.files),
        (counted(sum(1 for _ in (OUTBOX / "sms").glob("*.sms")), "text message"), place / OUTBOX / "sms"),
        ("the form", f"http://127.0.0.1:8600/f/{FORM}, once mailings serve runs"),
        ("the mailing", place / MAILING),
        ("the database", place / "var/mailings.db"),
    ):
        rows.add_row(what, escape(str(where)))
    return rows


def _next(reader: str, left_out: dict[Verdict, str]) -> list[tuple[str, str]]:
    """What is worth trying, and the words of the command, with people of this very demo."""
    why_not = [(f"why not this one? ({verdict.replace('_', ' ')})", f"explain {MAILING} {who}") for verdict, who in left_out.items()]
    return [
        *why_not[:3],
        ("everyone without consent", f"recipients {MAILING} --verdict no_consent"),
        ("what this person got", f"preview {MAILING} --to {reader}"),
        ("what came by the form, and what waits for somebody", f"forms show {FORM}"),
        ("the answer a form sends", f"preview {ANSWER} --to {reader}"),
        ("everything held about somebody", f"people show {reader}"),
        ("send it again: nobody gets it twice", f"send {MAILING}"),
        ("the desk: leave this running, open http://127.0.0.1:8600/desk and sign in as demo; the links of the messages work, too", "serve"),
    ]
