"""`mailings send`, `status`, `pause`, `resume`, `cancel`: the daily commands of an operator."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from cli.answering import opened
from cli.door import AsJson, changing, database, record, screen
from cli.runs import BatchSize, run_of, say, show, tell_ending, tell_letters
from mailings.clock import now
from mailings.db import Database
from mailings.errors import Unreadable
from mailings.model import MailingStatus
from mailings.readable import counted
from mailings.sending import leases, lifecycle
from mailings.sending.finding import mailing_named

if TYPE_CHECKING:
    from mailings.sending.closing import Ending

app = typer.Typer(help="Sending, and what stands where.")

Name = Annotated[str, typer.Argument(help="The mailing's name.", show_default=False)]
At = Annotated[str | None, typer.Option("--at", help="Send later, at this ISO time; a time in the past means now.", show_default=False)]


@app.command()
def send(name: Name, at: At = None, batch_size: BatchSize = None, as_json: AsJson = False) -> None:
    """Send a mailing to everyone who should have it and does not. Safe to repeat after any interruption."""
    db, moment = database(), _moment(at)
    if opened(db, name, at, as_json=as_json):
        return
    if moment is not None and moment > now():
        _schedule(name, moment)
        show(db, name, as_json=as_json)
        return
    if _already_sent(db, name):
        say(f"{name} is already sent; nothing is left to do.")
        tell_letters(db, name)
        show(db, name, as_json=as_json)
        return
    try:
        ending = _sent(db, name, batch_size)
    except KeyboardInterrupt:
        say("Interrupted. What is sent is recorded; the same command goes on where this one stopped.")
        raise typer.Exit(130) from None
    tell_ending(db, ending, as_json=as_json)
    if ending.status in (MailingStatus.DRAFT, MailingStatus.PAUSED, MailingStatus.CANCELLED):
        raise typer.Exit(1)


@app.command()
def status(name: Name, as_json: AsJson = False) -> None:
    """Where a mailing stands: everyone counted once."""
    show(database(), name, as_json=as_json)


@app.command()
def pause(name: Name) -> None:
    """Stop handing over; what is in hand is finished."""
    with changing("pause", f"mailing {name}") as session:
        lifecycle.pause(mailing_named(session, name, locked=True))
    screen.print(f"{name} is paused. Let it go on with: mailings resume {name}", highlight=False)


@app.command()
def resume(name: Name) -> None:
    """Let a paused mailing go on with what is left."""
    with changing("resume", f"mailing {name}") as session:
        mailing = mailing_named(session, name, locked=True)
        lifecycle.resume(session, mailing)
        run = leases.conductor_of(session, mailing.id)
    goes_on = "its run goes on" if run else f"send the rest with: mailings send {name}"
    screen.print(f"{name} is sending again; {goes_on}", highlight=False)


@app.command()
def cancel(name: Name) -> None:
    """Stop a mailing; what is queued is not sent, unless somebody asks for it again: mailings resend."""
    told: dict[str, int] = {}
    with changing("cancel", f"mailing {name}", told) as session:
        told["cancelled"] = cancelled = lifecycle.cancel(session, mailing_named(session, name, locked=True))
    screen.print(f"{name} is cancelled; {counted(cancelled, 'was', 'were')} still to be sent.", highlight=False)


def _sent(db: Database, name: str, batch_size: int | None) -> Ending:
    _may_begin(db, name)
    with run_of(db, name, batch_size) as how:
        from flows.send_mailing import send_mailing  # noqa: PLC0415  Prefect takes a second to import

        return send_mailing(name, how)


def _may_begin(db: Database, name: str) -> None:
    """Say at once what would stop the run, before ten seconds go into starting its engine; trouble that held it is over now."""
    with db.writing() as session:
        mailing = mailing_named(session, name, locked=True)
        if mailing.status is MailingStatus.PAUSED and mailing.held_reason and not mailing.awaits_approval:
            say(f"{name} was held: {escape(mailing.held_reason)} It goes on now.")
            lifecycle.resume(session, mailing)
            record(session, "resume", f"mailing {name}")
        leases.must_be_free(session, mailing)
        lifecycle.must_be_startable(mailing)


def _already_sent(db: Database, name: str) -> bool:
    with db.reading() as session:
        return mailing_named(session, name).status is MailingStatus.SENT


def _schedule(name: str, moment: datetime) -> None:
    with changing("schedule", f"mailing {name}", at=moment.astimezone(UTC).isoformat(timespec="minutes")) as session:
        lifecycle.schedule(mailing_named(session, name, locked=True), moment)
    when = f"{moment.astimezone():%Y-%m-%d %H:%M %Z}"
    say(f"{name} will be sent at {when}, by whatever runs start-due-mailings (mailings send {name} sends it now).")


def _moment(written: str | None) -> datetime | None:
    """An ISO time; without a zone it is this machine's local time. Raises Unreadable."""
    if written is None:
        return None
    try:
        return datetime.fromisoformat(written).astimezone()
    except ValueError as error:
        raise Unreadable(f"--at {written!r} is no time; write it like 2026-11-23T09:30 or 2026-11-23T09:30+01:00.") from error
