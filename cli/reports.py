"""`mailings report`: what a mailing came to, on the screen, as a workbook, as a page."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import track
from sqlalchemy.orm import Session

from cli.door import AsJson, database, notes, print_json
from cli.figures_drawn import draw_report
from mailings.errors import NotAllowed
from mailings.model import Mailing
from mailings.reports.counting_anew import freshen
from mailings.reports.outfile import written
from mailings.reports.saying import spoken
from mailings.reports.summary import Summary, summary_of
from mailings.sending.finding import mailing_named

app = typer.Typer(help="What a mailing came to.")

Book = Annotated[
    Path | None, typer.Option("--xlsx", metavar="FILE", help="Write a workbook there, with every recipient.", show_default=False)
]
Page = Annotated[Path | None, typer.Option("--html", metavar="FILE", help="Write one page there, with charts.", show_default=False)]
Language = Annotated[str, typer.Option(metavar="LANG", help="Of the workbook and the page: en, nl, da, no, sv, de.")]
BAR_FROM = 5_000  # recipients, which take about a second


@app.command()
def report(
    name: Annotated[str, typer.Argument(help="The mailing's name.", show_default=False)],
    *,
    as_json: AsJson = False,
    xlsx: Book = None,
    html: Page = None,
    language: Language = "en",
) -> None:
    """How many got it, opened, clicked, left, complained, and whose came back; what machines did stands apart. Files are written anew."""
    spoken(language)
    if xlsx is not None and html is not None and xlsx.resolve() == html.resolve():
        raise NotAllowed(f"--xlsx and --html both name {xlsx}; name a file for each.")
    with database().reading() as session:
        mailing_id = mailing_named(session, name).id
    freshen(database(), mailing_id)
    with database().reading() as session:
        mailing = session.get_one(Mailing, mailing_id)
        summary = summary_of(session, mailing, language)
        if xlsx is not None:
            _write_book(session, mailing, summary, xlsx)
        if html is not None:
            _write_page(summary, html)
    if as_json:
        print_json(summary.document)
    elif xlsx is None and html is None:
        draw_report(summary)


def _write_book(session: Session, mailing: Mailing, summary: Summary, path: Path) -> None:
    # openpyxl: 30 MB and 0.3 s that the figures alone do without
    from mailings.reports.rows import Row, recipient_rows  # noqa: PLC0415
    from mailings.reports.workbook import write_workbook  # noqa: PLC0415

    def seen() -> Iterator[Row]:
        rows = recipient_rows(session, mailing)
        many = summary.about.recipients
        yield from track(rows, "recipients", many, console=notes, transient=True) if many >= BAR_FROM else rows

    with written(path, "--xlsx") as file:
        write_workbook(file, summary, seen())
    notes.print(f"The workbook is {path}.", highlight=False, soft_wrap=True, markup=False)


def _write_page(summary: Summary, path: Path) -> None:
    from mailings.reports.page import page  # noqa: PLC0415  what draws costs 0.5 s and 130 MB

    with written(path, "--html") as file:
        file.write(page(summary).encode())
    notes.print(f"The page is {path}.", highlight=False, soft_wrap=True, markup=False)
