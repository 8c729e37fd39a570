"""`people erase` and `people report`: somebody goes, at once and after some days for good; and what is held about them as a file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy.orm import Session

from cli.door import agreed, database, record, screen, somebody
from mailings import clock
from mailings.errors import NotAllowed, NotFound
from mailings.model import Person
from mailings.people.deleting import delete, deleted_by_address, take_back
from mailings.people.erasing import erase as erase_person
from mailings.people.finding import person_by_address
from mailings.people.report import report_as
from mailings.readable import counted
from mailings.settings import settings

GIST = (
    "Backups and mail already delivered are out of reach, and an opt-out goes too: a new import makes them anew (docs/concepts/erasing.md)."
)
DAYS = "{name} is off every list as of now, and {cancelled} cancelled. Erased for good on {until:%Y-%m-%d}; until then: mailings people erase {email} --undo"  # noqa: E501  one sentence

Email = Annotated[str, typer.Argument(metavar="EMAIL", help="An address of the person.")]


def erase(
    email: Email,
    *,
    now: Annotated[bool, typer.Option("--now", help="For good at once; it cannot be taken back.")] = False,
    undo: Annotated[bool, typer.Option("--undo", help="Take back what is not for good yet.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Take a person off every list at once, and erase them for good after 14 days. What was sent stays counted, without a name."""
    if now and undo:
        raise NotAllowed("Say --now or --undo, not both.")
    if undo:
        _undo(email)
        return
    with database().reading() as session:
        name = _anybody(session, email).name or email
    how = "for good, with all consents, memberships and addresses" if now else f"after {counted(settings().erase_after_days, 'day')}"
    if not yes and not agreed(f"Erase {name} {how}?"):
        raise NotAllowed(f"{name} was not erased.")
    with database().writing() as session:
        _gone(session, email, name, now=now)


def _gone(session: Session, email: str, name: str, *, now: bool) -> None:
    person = _anybody(session, email)
    done = delete(session, person, settings().erase_after_days, somebody())
    until = f"{clock.now() if now else done.until:%Y-%m-%d}"
    record(session, "erase", f"person {person.id}", cancelled=done.cancelled, until=until)
    cancelled = counted(done.cancelled, "queued message was", "queued messages were")
    if not now:
        said = DAYS.format(name=name, cancelled=cancelled, until=done.until, email=email)
        screen.print(said, highlight=False, soft_wrap=True, markup=False)
        return
    gone = erase_person(session, person.id)
    stay = counted(gone.recipients, "recipient row stays", "recipient rows stay")
    screen.print(f"{name} is erased. {stay} without a name; {cancelled} cancelled.", markup=False)
    screen.print(GIST, highlight=False, soft_wrap=True)


def _undo(email: str) -> None:
    with database().writing() as session:
        person = deleted_by_address(session, email)
        since = f"{person.deleted_at:%Y-%m-%d}" if person.deleted_at else ""
        take_back(session, person)
        record(session, "take back erasing", f"person {person.id}", since=since)
        name = person.name or email
    screen.print(f"{name} is there again. Messages that were cancelled stay so; a mailing under way: mailings resend NAME --reload")


def report(
    email: Email,
    out: Annotated[
        Path, typer.Option("--out", metavar="FILE", help="A page to read (.html), or for programs (.json).", show_default=False)
    ],
) -> None:
    """Write everything held about a person into a file, to be given to them (GDPR articles 15 and 20)."""
    with database().reading() as session:
        written = report_as(session, _anybody(session, email), out.suffix.lower(), settings())
    try:
        out.write_bytes(written)
    except OSError as error:
        raise NotAllowed(f"{out} cannot be written: {error.strerror}; choose another place with --out.") from error
    screen.print(f"Everything held about {email} is in {out}.", markup=False, soft_wrap=True)


def _anybody(session: Session, email: str) -> Person:
    """Who has the address; also who is being erased."""
    try:
        return person_by_address(session, email)
    except NotFound as nobody:
        try:
            return deleted_by_address(session, email)
        except NotFound:
            raise nobody from None
