"""`mailings send`, `status`, `pause`, `resume`, `cancel`: the daily commands of an operator."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from cli.door import AsJson, database, notes, print_json, screen
from cli.figures import print_figures
from cli.progress import progress_of
from mailings.clock import now
from mailings.db import Database
from mailings.errors import Unreadable
from mailings.model import MailingStatus
from mailings.reports.figures import status_of
from mailings.sending import leases, lifecycle
from mailings.sending.finding import mailing_named
from mailings.settings import settings

if TYPE_CHECKING:
    from mailings.sending.closing import Outcome

app = typer.Typer(help="Sending, and what stands where.")

Name = Annotated[str, typer.Argument(help="The mailing's name.", show_default=False)]
At = Annotated[str | None, typer.Option("--at", help="Send later, at this ISO time; a time in the past means now.", show_default=False)]
BatchSize = Annotated[int, typer.Option(min=1, max=1000, help="Deliveries claimed at a time; a crash leaves at most these in doubt.")]


@app.command()
def send(name: Name, at: At = None, batch_size: BatchSize = 200, as_json: AsJson = False) -> None:
    """Send a mailing to everyone who should have it and does not. Safe to repeat after any interruption."""
    db, moment = database(), _moment(at)
    if moment is not None and moment > now():
        _schedule(db, name, moment, as_json=as_json)
        return
    if _already_sent(db, name):
        _say(f"{name} is already sent; nothing is left to do.")
        _show(db, name, as_json=as_json)
        return
    try:
        outcome = _sent(db, name, batch_size)
    except KeyboardInterrupt:
        _say("Interrupted. What is sent is recorded; the same command goes on where this one stopped.")
        raise typer.Exit(130) from None
    for problem in outcome.problems:
        _say(f"[bold red]✗[/] {escape(problem)}")
    _say(escape(outcome.sentence))
    _show(db, name, as_json=as_json)
    if outcome.status in (MailingStatus.DRAFT, MailingStatus.PAUSED, MailingStatus.CANCELLED):
        raise typer.Exit(1)


@app.command()
def status(name: Name, as_json: AsJson = False) -> None:
    """Where a mailing stands: everyone counted once."""
    _show(database(), name, as_json=as_json)


@app.command()
def pause(name: Name) -> None:
    """Stop handing over; what is in hand is finished."""
    with database().writing() as session:
        lifecycle.pause(mailing_named(session, name, locked=True))
    screen.print(f"{name} is paused. Let it go on with: mailings resume {name}", highlight=False)


@app.command()
def resume(name: Name) -> None:
    """Let a paused mailing go on with what is left."""
    with database().writing() as session:
        mailing = mailing_named(session, name, locked=True)
        lifecycle.resume(mailing)
        run = leases.conductor_of(session, mailing.id)
    goes_on = "its run goes on" if run else f"send the rest with: mailings send {name}"
    screen.print(f"{name} is sending again; {goes_on}", highlight=False)


@app.command()
def cancel(name: Name) -> None:
    """Stop a mailing for good; what is queued is never sent."""
    with database().writing() as session:
        cancelled = lifecycle.cancel(session, mailing_named(session, name, locked=True))
    screen.print(f"{name} is cancelled; {cancelled} were still to be sent.", highlight=False)


def _sent(db: Database, name: str, batch_size: int) -> Outcome:
    from cli.engine import configured_api, engine  # noqa: PLC0415  Prefect takes a second to import

    _may_begin(db, name)
    patience = None if configured_api() else _patience()
    with engine():
        from flows.send_mailing import send_mailing  # noqa: PLC0415  see above

        with progress_of(db, name):
            return send_mailing(name, batch_size=batch_size, patience=patience)


def _patience() -> float | None:
    """Without a server nobody would come back for the last retries: then this run waits for them, unless told how long."""
    chosen = settings()
    return None if "run_patience" in chosen.model_fields_set else chosen.retry_deadline.total_seconds()


def _may_begin(db: Database, name: str) -> None:
    """Say at once what would stop the run, before ten seconds go into starting its engine; trouble that held it is over now."""
    with db.writing() as session:
        mailing = mailing_named(session, name, locked=True)
        if mailing.status is MailingStatus.PAUSED and mailing.held_reason:
            _say(f"{name} was held: {escape(mailing.held_reason)} It goes on now.")
            lifecycle.resume(mailing)
        leases.must_be_free(session, mailing)
        lifecycle.must_be_startable(mailing)


def _already_sent(db: Database, name: str) -> bool:
    with db.reading() as session:
        return mailing_named(session, name).status is MailingStatus.SENT


def _schedule(db: Database, name: str, moment: datetime, *, as_json: bool) -> None:
    with db.writing() as session:
        lifecycle.schedule(mailing_named(session, name, locked=True), moment)
    when = f"{moment.astimezone():%Y-%m-%d %H:%M %Z}"
    _say(f"{name} will be sent at {when}, by whatever runs start-due-mailings (mailings send {name} sends it now).")
    _show(db, name, as_json=as_json)


def _moment(written: str | None) -> datetime | None:
    """An ISO time; without a zone it is this machine's local time. Raises Unreadable."""
    if written is None:
        return None
    try:
        return datetime.fromisoformat(written).astimezone()
    except ValueError as error:
        raise Unreadable(f"--at {written!r} is no time; write it like 2026-11-23T09:30 or 2026-11-23T09:30+01:00.") from error


def _say(sentence: str) -> None:
    notes.print(sentence, highlight=False, soft_wrap=True)


def _show(db: Database, name: str, *, as_json: bool) -> None:
    with db.reading() as session:
        document = status_of(session, mailing_named(session, name))
    if as_json:
        print_json(document)
    else:
        print_figures(document)
