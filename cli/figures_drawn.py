"""A report drawn for people at a terminal: figures with their rates and bars, then links, mail domains, why messages came back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.markup import escape
from rich.table import Table

from cli.door import screen
from mailings.readable import spoken
from mailings.reports.cost import cost_told
from mailings.reports.saying import label, number, percent, say
from mailings.reports.seen import figures_of
from mailings.reports.summary import Summary

BAR = 24  # cells of a bar that stands for all
MOST = 10  # links and domains; all of them are in the workbook
EIGHTHS = " ▏▎▍▌▋▊▉"
COLOURS = {
    "bounced": "red",
    "hard_bounced": "red",
    "soft_bounced": "yellow",
    "failed": "red",
    "complained": "red",
    "unsubscribed": "yellow",
}
INSIDE = ("clicks", "machine_opened", "machine_clicked", "hard_bounced", "soft_bounced", "other_bounced")  # of a figure above them


def draw_report(summary: Summary) -> None:
    """Everything a terminal has room for; the rest is said where it is."""
    document, name = summary.document, escape(summary.about.name)
    subject = f"  [dim]{escape(summary.about.subject)}[/]" if summary.about.subject else ""
    screen.print(f"[bold]{name}[/]: {summary.about.status}{subject}", highlight=False)
    screen.print(_figures(document, summary.about.type))
    if cost := cost_told(document):
        screen.print(f"{say('cost')}: {escape(cost)}", highlight=False)
    links = [(escape(row["name"] or row["url"] or label("link", "singles")), row["clickers"], row["clicks"]) for row in document["links"]]
    _bars("Links", ("Leads to", "People", "Clicks"), sorted(links, key=lambda row: -row[1]))
    domains = [
        (escape("all others" if row["domain"] == "…" else spoken(row["domain"])), row["opened"], row["sent"], row["bounced"])
        for row in document["domains"]
    ]
    _bars("Mail domains", ("Domain", "Opened", "Sent", "Bounced"), domains)
    causes = [(f"{label('why', row['why'])} [dim]({label('kind', row['kind'])})[/]", row["n"]) for row in document["bounces"]]
    _bars("Why messages came back", ("Reason", "Messages"), causes)
    screen.print(
        f"[dim]Charts and every recipient: mailings report {name} --html {name}.html --xlsx {name}.xlsx[/]", highlight=False, soft_wrap=True
    )


def _figures(document: Mapping[str, Any], kind: str) -> Table:
    """Figures with a bar for their rate: `57.14 %  (4)` as the original writes it."""
    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_column()
    table.add_column(justify="right", style="bold")
    table.add_column(justify="right")
    table.add_column(no_wrap=True)
    for figure, rate in figures_of(kind).items():
        colour = COLOURS.get(figure, "cyan") if document[figure] else "dim"
        words = f"  {say(figure).lower()}" if figure in INSIDE else say(figure)
        share = "" if rate is None else f"{percent(document[rate])} ({number(document[figure])})"
        table.add_row(words, "" if rate else number(document[figure]), share, f"[{colour}]{_bar(document[rate]) if rate else ''}[/]")
    return table


def _bars(title: str, heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """A table whose second column is drawn too; nothing where there are no rows."""
    rows = list(rows)
    most = max((row[1] for row in rows), default=0)
    if not most:
        return
    table = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False, header_style="dim")
    for number_, head in enumerate(heads):
        table.add_column(head, justify="right" if number_ else "left", overflow="fold")
        if number_ == 1:
            table.add_column("", no_wrap=True)
    for words, n, *others in rows[:MOST]:
        table.add_row(words, number(n), f"[cyan]{_bar(n / most)}[/]", *map(number, others))
    screen.print()
    screen.print(table)
    if len(rows) > MOST:
        screen.print(f"[dim]and {len(rows) - MOST} more[/]", highlight=False)


def _bar(share: float | None) -> str:
    """A share as a bar of eighths of a cell: the smallest that is something is seen."""
    eighths = 0 if not share else max(1, round(min(share, 1) * BAR * 8))
    return "█" * (eighths // 8) + EIGHTHS[eighths % 8].strip()
