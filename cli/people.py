"""Commands of `people`: bring them in, show what is held about one, give consent, correct an address, erase."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from sqlalchemy.orm import Session

from cli.door import AsJson, database, notes, print_json, screen, table
from mailings.errors import NotAllowed
from mailings.model import Basis
from mailings.people.importing import ImportOptions, ImportOutcome, import_people
from mailings.people.listed import ReadList
from mailings.people.lists import read_list
from mailings.settings import settings

app = typer.Typer(help="People: import, show, consent, correct, erase.")

BASES = [basis.value for basis in Basis if basis is not Basis.WITHDRAWN]
SHOWN = 20  # wrong rows shown on the screen; --json has all

Email = Annotated[str, typer.Argument(metavar="EMAIL", help="An address of the person.")]


def _basis(word: str) -> Basis:
    if word not in BASES:
        raise NotAllowed(f"{word} is no legal basis; choose one of {', '.join(BASES)}.")
    return Basis(word)


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="A list: .xlsx, .xls, .ods, .csv or .txt.")],
    *,
    consent: Annotated[
        str | None, typer.Option(metavar="BASIS", help=f"On which legal basis they may be written to: {', '.join(BASES)}.")
    ] = None,
    unknown: Annotated[str, typer.Option(metavar="keep|skip", help="People not known yet: add them, or leave them out.")] = "keep",
    selection: Annotated[
        str | None, typer.Option(metavar="NAME", help="Add everybody on the list to this selection; made if missing.")
    ] = None,
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
    if as_json:
        print_json(outcome.document())
    else:
        _tell(outcome, read, options, dry_run=dry_run)


def _imported(session: Session, read: ReadList, options: ImportOptions) -> ImportOutcome:
    """The import, with a bar on standard error while it runs."""
    columns = (SpinnerColumn(), TextColumn("Importing {task.fields[file]}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=notes, transient=True) as bar:
        task = bar.add_task("import", file=read.file, total=read.expected)
        return import_people(session, read, options, lambda done: bar.update(task, completed=done))


def _tell(outcome: ImportOutcome, read: ReadList, options: ImportOptions, *, dry_run: bool) -> None:
    if outcome.errors:
        heads = {field: ", ".join(names) for field, names in read.columns.items()}
        rows = [(problem.row, heads.get(problem.column, problem.column), problem.why) for problem in outcome.errors[:SHOWN]]
        table(f"What is wrong in {read.file}", ("row", "column", "why"), rows)
        if len(outcome.errors) > SHOWN:
            screen.print(f"… and {len(outcome.errors) - SHOWN:,} more; --json names all.")
    would = "would be " if dry_run else ""
    screen.print(
        f"{outcome.rows:,} rows in {read.file}: {outcome.created:,} people {would}created, {outcome.matched:,} matched, "
        f"{outcome.skipped:,} {would}skipped."
    )
    if outcome.filled:
        screen.print(f"{outcome.filled:,} of those matched {'would get' if dry_run else 'got'} details that were missing.")
    if options.selection:
        screen.print(
            f"{outcome.created + outcome.matched:,} people {'would be' if dry_run else 'are now'} in the selection {options.selection}."
        )
    _tell_consent(outcome, options)
    for note in outcome.notes:
        screen.print(note)


def _tell_consent(outcome: ImportOutcome, options: ImportOptions) -> None:
    if outcome.consents:
        screen.print(f"{outcome.consents:,} statements about consent recorded, source Import.")
    if outcome.withdrawn_kept:
        screen.print(f"{outcome.withdrawn_kept:,} people have withdrawn their consent; that stays.")
    if options.basis is None:
        screen.print(
            "No consent was recorded beyond what rows say themselves. If you may write to these people: --consent BASIS", style="yellow"
        )
