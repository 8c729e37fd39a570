"""`mailings compare`: mailings beside each other, by topic, and what the year came to."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from cli.door import AsJson, database, print_json, screen
from mailings.errors import NotFound, Unreadable
from mailings.model import MailingType
from mailings.readable import counted
from mailings.reports.comparing import SORTS, Compared, Wanted, best, by_topic, compared, this_year, together
from mailings.reports.saying import number, percent

app = typer.Typer(help="Mailings beside each other.")

SHOWN = 50  # mailings on a screen; --json has them all
RATES = {"open_rate": "Opened", "click_rate": "Clicked", "bounce_rate": "Bounced", "unsubscribe_rate": "Left"}

Folder = Annotated[str | None, typer.Option(metavar="FOLDER", help="Of this folder and those below it.", show_default=False)]
OfTopic = Annotated[str | None, typer.Option("--topic", metavar="TOPIC", help="Of this topic.", show_default=False)]
OfType = Annotated[str | None, typer.Option("--type", metavar="TYPE", help=f"{', '.join(MailingType)}.", show_default=False)]
Since = Annotated[str | None, typer.Option(metavar="DATE", help="Begun on this day or later: 2026-01-31.", show_default=False)]
Sort = Annotated[str, typer.Option(metavar="BY", help=f"{', '.join(SORTS)}; the highest first.")]


@app.command()
def compare(
    *,
    folder: Folder = None,
    topic: OfTopic = None,
    kind: OfType = None,
    since: Since = None,
    sort: Sort = "date",
    as_json: AsJson = False,
) -> None:
    """Mailings with their rates; averages by topic and of this year, weighted by recipients, so that a large mailing counts for more."""
    wanted = Wanted(folder, topic, _type(kind), _moment(since), sort)
    with database().reading() as session:
        mailings = compared(session, wanted)
    year = this_year(mailings)
    if as_json:
        print_json(
            {
                "mailings": [one.document() for one in mailings],
                "topics": by_topic(mailings),
                "this_year": together(year),
                "best": [one.name for one in best(year)],
            }
        )
    elif not mailings:
        screen.print("No mailing of these was ever begun; see those there are: mailings list")
    else:
        _draw(mailings, year)


def _draw(mailings: Sequence[Compared], year: Sequence[Compared]) -> None:
    rows = [(escape(one.name), f"{one.started:%Y-%m-%d}", escape(one.topic or ""), *_rates(one.figures)) for one in mailings[:SHOWN]]
    _table("Mailings", ("Name", "Begun", "Topic"), rows)
    if len(mailings) > SHOWN:
        screen.print(f"[dim]and {len(mailings) - SHOWN} more; all of them: --json[/]", highlight=False)
    topics = by_topic(mailings)
    if len(topics) > 1 or topics[0]["topic"]:
        rows = [(escape(row["topic"] or "(any)"), number(row["mailings"]), *_rates(row)) for row in topics]
        _table("By topic (rates of all recipients together)", ("Topic", "Mailings"), rows)
    if year:
        row = together(year)
        told = f"open rate {percent(row['open_rate'])}, click-through {percent(row['click_rate'])}, bounces {percent(row['bounce_rate'])}"
        screen.print(
            f"\n[bold]This year[/]: {counted(row['mailings'], 'mailing')} to {counted(row['sent'], 'recipient')}; {told}.", highlight=False
        )
    if top := best(year):
        names = ", ".join(f"{escape(one.name)} ({percent(one.figures['open_rate'])})" for one in top)
        screen.print(f"[bold]Most opened this year[/]: {names}.", highlight=False)


def _table(title: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    table = Table(title=title, title_justify="left", title_style="bold", header_style="dim", box=None, pad_edge=False)
    table.add_column(heads[0], overflow="fold", min_width=14)
    for head in heads[1:]:
        table.add_column(head, no_wrap=head == "Begun", justify="right" if head == "Mailings" else "left")
    for head in ("Sent", *RATES.values()):
        table.add_column(head, justify="right", no_wrap=True)
    for row in rows:
        table.add_row(*row)
    screen.print(table)
    screen.print()


def _rates(figures: Any) -> tuple[str, ...]:
    return number(figures["sent"]), *(percent(figures[rate]) for rate in RATES)


def _type(kind: str | None) -> MailingType | None:
    if kind is not None and kind not in set(MailingType):
        raise NotFound(f"There is no type {kind!r}; there are {', '.join(MailingType)}.")
    return MailingType(kind) if kind else None


def _moment(since: str | None) -> datetime | None:
    if since is None:
        return None
    try:
        said = datetime.fromisoformat(since)
    except ValueError as error:
        raise Unreadable(f"{since!r} is no day; write it as 2026-01-31.") from error
    return said if said.tzinfo else said.replace(tzinfo=UTC)
