"""The steps of bringing people in by a run: the file on the worker's machine, the import, and the page that tells what came of it."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path
from typing import Any

from prefect import task

from mailings.db import database
from mailings.errors import NotAllowed, NotFound, Unreadable
from mailings.model import Basis
from mailings.people.importing import ImportOptions, import_people
from mailings.people.lists import read_list
from mailings.readable import counted
from mailings.settings import settings
from tasks import deeds
from tasks.artifacts import page, publish, table
from tasks.parameters import HowToImport
from tasks.retrying import STEP

SHOWN = 200  # wrong rows in the table of the run; the counts are of all
NAMED = 60  # letters of a name that is none
UNTOLD = "This cell cannot be taken as it stands; look at it in the list."  #: where runs name nobody
OFFERED = 1_000  # files looked through for a similar name


@task(name="find file", **STEP)
def find_file(file: str) -> Path:
    """Where the file lies. Raises NotAllowed for a name that leads out of MAILINGS_IMPORTS_PATH, NotFound with the nearest names,
    Unreadable for what is no file's name.
    """
    folder = settings().imports_path.resolve()
    try:
        found = (folder / file).resolve()
        found.stat()
    except FileNotFoundError:
        pass  # said below, with what is there
    except (ValueError, OSError) as error:
        raise Unreadable(f"{file[:NAMED]!r} cannot be the name of a file; give its name as it stands in the folder for imports.") from error
    if not found.is_relative_to(folder):
        raise NotAllowed(f"{file!r} leads out of the folder for imports; put the file there and give its name alone.")
    if not found.is_file():
        near = get_close_matches(file, _names(folder), 3)
        hint = f"did you mean {' or '.join(near)}?" if near else f"put it into {settings().imports_path} where the worker stands."
        raise NotFound(f"There is no file {file!r} among the imports; {hint}")
    return found


@task(name="take people in", **STEP)
def take_in(path: Path, form: HowToImport) -> dict[str, Any]:
    """Bring the list in, whole or not at all; the document of `people import --json` (cli.md). Raises Unreadable, NotAllowed."""
    basis = None if form.consent == "as_listed" else Basis(form.consent)
    options = ImportOptions(basis, form.unknown == "keep", form.selection.strip() or None)
    read = read_list(path, settings().default_country)
    with database().writing() as session:
        outcome = import_people(session, read, options)
        if form.dry_run:
            session.rollback()
        else:
            deeds.record(session, "import a list", "", **options.told(), **outcome.told())
    heads = {column: ", ".join(names) for column, names in read.columns.items()}
    document = outcome.document() | {"members": outcome.members}
    return document | {"errors": [row | {"column": heads.get(row["column"], row["column"])} for row in document["errors"]]}


def sentence(file: str, told: dict[str, Any], form: HowToImport) -> str:
    """What came of it, for people."""
    made = "would be created" if form.dry_run else "created"
    counts = f"{counted(told['created'], 'person', 'people')} {made}, {told['matched']:,} matched, {told['skipped']:,} skipped."
    return f"{counted(told['rows'], 'row')} in {file}: {counts}"


def publish_what_came(file: str, told: dict[str, Any], form: HowToImport) -> None:
    """The run's page with the counts, and a table of the first wrong rows: row, column, why."""
    wrong = told["errors"]
    lines = [f"# {_cell(sentence(file, told, form))}", "", *_counts(told, form), *(f"* {_cell(note)}" for note in told["notes"])]
    if wrong:
        lines.append(f"* {counted(len(wrong), 'cell or row is', 'cells or rows are')} wrong; the table beside this page names them.")
    shown = [{"Row": row["row"], "Column": row["column"], "Why": _why(row["why"])} for row in wrong[:SHOWN]]
    title = f"What is wrong in {file}" + (f": the first {SHOWN} of {len(wrong):,}" if len(wrong) > SHOWN else "")
    publish(
        [
            page("import-people", "\n".join(lines), sentence(file, told, form)),
            *([table("import-wrong-rows", shown, title)] if shown else []),
        ]
    )


def _counts(told: dict[str, Any], form: HowToImport) -> list[str]:
    """What is worth a line, as `people import` says it."""
    got, has, (one, more) = ("would get", "would have", ("would be",) * 2) if form.dry_run else ("got", "now has", ("is", "are"))
    consents = counted(told["consents"], f"statement about consent {one}", f"statements about consent {more}")
    said = [
        (told["filled"], f"* {told['filled']:,} of those matched {got} details that were missing."),
        (told["members"], f"* The selection {_cell(form.selection)} {has} {counted(told['members'], 'person', 'people')}."),
        (told["consents"], f"* {consents} recorded, source Import."),
        (
            told["withdrawn_kept"],
            f"* {counted(told['withdrawn_kept'], 'person has', 'people have')} withdrawn their consent earlier; that stays in force.",
        ),
        (not told["consents"], "* No consent was recorded; if these people may be written to, say on which basis and run it again."),
    ]
    return [line for counts, line in said if counts]


def _names(folder: Path) -> list[str]:
    if not folder.is_dir():
        return []
    return [path.relative_to(folder).as_posix() for path, _ in zip(folder.rglob("*"), range(OFFERED), strict=False) if path.is_file()]


def _why(reason: str) -> str:
    """Reasons repeat what stands in the cell, mostly somebody's address."""
    return reason if settings().runs_name_people else UNTOLD


def _cell(text: str) -> str:
    """Somebody's text as Markdown shows it, and never reads it: no table, link or tag of theirs."""
    plain = " ".join(text.split())
    return "".join(f"&#{ord(sign)};" if sign in "\\`*_{}[]<>#|!&" else sign for sign in plain)
