"""`mailings export`: everything the database holds as plain files, to be read by anything else."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress

from cli.door import AsJson, database, notes, tell
from mailings.readable import counted
from mailings.reports.taking_out import rows_of, still, take_out

app = typer.Typer(help="Everything as plain files.")


@app.command()
def export(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder that is not there yet, or is empty.", show_default=False)],
    *,
    as_json: AsJson = False,
) -> None:
    """Write everything, as it stands this moment, into a folder: a CSV file for each kind of thing, mailings as folders, and an index.

    It holds people's data and no password, token or key. Whole or not at all; nothing is changed and sending goes on.
    """
    with database().reading() as session, Progress(console=notes, transient=True, disable=not notes.is_terminal) as progress:
        still(session)
        bar = progress.add_task("export", total=sum(rows_of(session).values()))
        taken = take_out(session, folder, lambda file, more: progress.update(bar, description=file, advance=more))
    rows = sum(file.rows for file in taken.files)
    document: dict[str, object] = {"folder": str(folder), **taken.index}
    tell(f"{counted(rows, 'row')} in {counted(len(taken.files), 'file')}, and the mailings as folders: {folder}", document, as_json=as_json)
