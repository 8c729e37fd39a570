"""`mailings letters`: where the PDF of a document mailing is, and one of what is printed so far."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from cli.door import AsJson, changing, database, print_json
from cli.runs import say
from mailings.sending.printing import Letters, print_letters
from mailings.settings import settings

app = typer.Typer(help="Letters to print.")

Name = Annotated[str, typer.Argument(help="The mailing's name.", show_default=False)]


@app.command()
def letters(name: Name, as_json: AsJson = False) -> None:
    """Where the PDF of a document mailing is; what is printed and in no PDF yet becomes one first."""
    found = print_letters(database(), name, settings())
    if found.fresh:
        with changing("bind letters", f"mailing {name}", letters=found.fresh.letters):
            pass  # the file is written already, and its folder tells the same
    if as_json:
        print_json(document_of(found))
    else:
        say(found.sentence)
    if found.missing or not found.files:
        raise typer.Exit(1)


def document_of(found: Letters) -> dict[str, object]:
    """The document of `--json`: paths as they are on this machine."""
    files = [
        {"pdf": str(found.folder / one.pdf), "csv": str(found.folder / one.csv)}
        | {key: value for key, value in asdict(one).items() if key in ("letters", "pages", "at")}
        for one in found.files
    ]
    return {"name": found.mailing, "files": files, "missing": found.missing}
