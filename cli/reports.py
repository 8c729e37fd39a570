"""`mailings report`: what a mailing came to."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.door import AsJson, database, print_json, table
from mailings.reports.figures import report_of
from mailings.sending.finding import mailing_named

app = typer.Typer(help="What a mailing came to.")

WORDS = {  # figure of the document -> what people read; where nothing is said it counts recipients
    "clicks": "clicks in all",
    "machine_opened": "opened by machines",
    "machine_clicked": "clicked by machines",
}


@app.command()
def report(name: Annotated[str, typer.Argument(help="The mailing's name.", show_default=False)], as_json: AsJson = False) -> None:
    """How many left us and how many failed, how many opened, clicked, left, complained; and what machines did, apart."""
    with database().reading() as session:
        figures = report_of(session, mailing_named(session, name))
    if as_json:
        print_json(figures)
    else:
        table(name, ("What", "How many"), [(WORDS.get(figure, figure), n) for figure, n in figures.items()])
