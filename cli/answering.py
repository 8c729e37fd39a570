"""`mailings send` of a form response: it is looked over and opened, and from then on answers whoever sends a form that names it."""

from __future__ import annotations

import typer
from rich.markup import escape

from cli.door import record
from cli.runs import say, show
from mailings.clock import now
from mailings.db import Database
from mailings.model import MailingStatus, MailingType
from mailings.sending import lifecycle
from mailings.sending.dns.spf import look_up
from mailings.sending.finding import mailing_named
from mailings.sending.form_responses.answering import open_if_fit
from mailings.sending.preflight import sender_domains
from mailings.settings import settings


def opened(db: Database, name: str, at: str | None, *, as_json: bool) -> bool:
    """Open the mailing where it is a form response; False, and nothing done, for all others. Leaves with 1 where it is not fit to go."""
    with db.reading() as session:
        mailing = mailing_named(session, name)
        if mailing.type is not MailingType.FORM_RESPONSE:
            return False
        domains = sender_domains(session, mailing, settings())
    answers = look_up(domains, settings().dns)
    with db.writing() as session:
        mailing = mailing_named(session, name, locked=True)
        if at is not None:
            lifecycle.schedule(mailing, now())  # says why it cannot be
        lifecycle.must_be_startable(mailing)
        closed = mailing.status is not MailingStatus.SENDING
        found = open_if_fit(session, mailing, settings(), answers)
        if closed and not found.problems:
            record(session, "open", f"mailing {name}")
    for sentence in (*found.problems, *found.warnings):
        say(f"[bold]{'✗' if sentence in found.problems else '!'}[/] {escape(sentence)}")
    if found.problems:
        raise typer.Exit(1)
    say(f"{name} is open: it answers whoever a form sends it to, while mailings up or mailings deliver --watch runs.")
    show(db, name, as_json=as_json)
    return True
