"""Commands of `people`: bring them in, show what is held about one, give consent, correct an address; erase and report stand beside."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from sqlalchemy.orm import Session

from cli import people_leaving
from cli.door import AsJson, database, notes, print_json, record, screen, somebody
from cli.people_shown import tell_import, tell_person
from mailings.consent.giving import give
from mailings.errors import NotAllowed
from mailings.model import Basis
from mailings.people.correcting import correct as correct_address
from mailings.people.finding import person_by_address
from mailings.people.importing import ImportOptions, ImportOutcome, import_people
from mailings.people.listed import ReadList
from mailings.people.lists import read_list
from mailings.people.showing import show as everything_about
from mailings.readable import counted
from mailings.sending.form_responses.system_messages import queue_system_message
from mailings.settings import settings

app = typer.Typer(help="People: import, show, consent, ask, correct, erase, report.")

BASES = ", ".join(basis for basis in Basis if basis is not Basis.WITHDRAWN)
Email = Annotated[str, typer.Argument(metavar="EMAIL", help="An address of the person.")]
ImportBasis = Annotated[str | None, typer.Option("--consent", metavar="BASIS", help=f"On which basis they may be written to: {BASES}.")]
ImportSelection = Annotated[
    str | None, typer.Option("--selection", metavar="NAME", help="Add everybody to this selection; made if missing.")
]


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="A list: .xlsx, .xls, .ods, .csv or .txt.")],
    *,
    consent: ImportBasis = None,
    unknown: Annotated[str, typer.Option(metavar="keep|skip", help="People not known yet: add them, or leave them out.")] = "keep",
    selection: ImportSelection = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would happen, and change nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Bring a list of people in. Known people are recognised by address; running it twice changes nothing."""
    if unknown not in {"keep", "skip"}:
        raise NotAllowed(f"--unknown takes keep or skip, not {unknown}.")
    options = ImportOptions(_basis(consent) if consent else None, unknown == "keep", selection)
    read = read_list(file, settings().default_country)
    with database().writing() as session:
        outcome = _imported(session, read, options)
        if dry_run:
            session.rollback()
        else:
            record(session, "import a list", "", **options.told(), **outcome.told())
    if as_json:
        print_json(outcome.document())
    else:
        tell_import(outcome, read, options, dry_run=dry_run)


def _imported(session: Session, read: ReadList, options: ImportOptions) -> ImportOutcome:
    """The import, with a bar on standard error while it runs."""
    columns = (SpinnerColumn(), TextColumn("Importing {task.fields[file]}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=notes, transient=True, disable=not notes.is_terminal) as bar:
        task = bar.add_task("import", file=read.file, total=read.expected)
        return import_people(session, read, options, lambda done: bar.update(task, completed=done))


@app.command()
def show(email: Email, as_json: AsJson = False) -> None:
    """Everything held about one person: addresses, consent and its history, topics, selections, mailings and what became of them."""
    with database().reading() as session:
        held = everything_about(session, person_by_address(session, email))
    if as_json:
        print_json(held)
    else:
        tell_person(held)


@app.command()
def consent(email: Email, basis: Annotated[str, typer.Option(metavar="BASIS", help=f"{BASES}; or withdrawn.")]) -> None:
    """Record on which legal basis a person may be written to, source User. `withdrawn` holds at once, also for what is queued."""
    given = Basis.WITHDRAWN if basis == Basis.WITHDRAWN else _basis(basis)
    with database().writing() as session:
        person = person_by_address(session, email)
        changed = give(session, person.id, given, "User", somebody())
        if changed:
            record(session, "consent", f"person {person.id}", basis=given)
        name = person.name or email
    screen.print(f"{name}: {given}, recorded." if changed else f"{name}: {given} is in force already; nothing was changed.")


@app.command()
def correct(old: Annotated[str, typer.Argument(metavar="OLD")], new: Annotated[str, typer.Argument(metavar="NEW")]) -> None:
    """Put a right address in the place of a wrong one. Blocks and bounces of the old one stay with the old one."""
    with database().writing() as session:
        done = correct_address(session, old, new)
        if done.old != done.new:
            told = {"address": done.mistaken, "shared": len(done.shared_with)}  # by its number: the log outlives addresses
            record(session, "correct address", f"person {done.number}", **told)
    screen.print(f"{done.person or 'The person'} is written to at {done.new} from now on, no longer at {done.old}.")
    if done.shared_with:
        screen.print(f"{done.new} is also the address of {', '.join(name or 'somebody without a name' for name in done.shared_with)}.")
    if done.waiting:
        go = counted(done.waiting, "message that is queued already still goes", "messages that are queued already still go")
        screen.print(f"{go} to {done.old}.", style="yellow")


@app.command()
def ask(email: Email) -> None:
    """Ask somebody by e-mail to confirm that they want mailings: a click on the link in it is their consent."""
    with database().writing() as session:
        person = person_by_address(session, email)
        if not queue_system_message(session, "confirm-sign-up", person.id, settings()):
            raise NotAllowed(f"{email} may not be written to: not valid, blocked or reported. Which: mailings people show {email}")
        record(session, "ask to confirm", f"person {person.id}")
    screen.print(f"{email} is asked as soon as a loop sends it: mailings deliver --watch", markup=False, soft_wrap=True)


app.command()(people_leaving.erase)
app.command()(people_leaving.report)


def _basis(word: str) -> Basis:
    if word not in BASES.split(", "):
        raise NotAllowed(f"{word} is no legal basis; choose one of {BASES}.")
    return Basis(word)
