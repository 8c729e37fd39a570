"""The status document of cli.md drawn for people: who gets it, who does not and why, and what became of each."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from rich.markup import escape
from rich.table import Table

from cli.door import screen


def print_figures(document: Mapping[str, Any]) -> None:
    """Tables of recipients by verdict and deliveries by status; what is zero is left out."""
    recipients, deliveries = document["recipients"], document["deliveries"]
    screen.print(f"[bold]{escape(document['name'])}[/]: {document['status']}", highlight=False)
    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_column(justify="right", style="bold")
    table.add_column()
    table.add_row(f"{recipients['total']:,}", "recipients")
    for verdict, n in sorted(recipients["excluded"].items(), key=lambda pair: -pair[1]):
        table.add_row(f"{n:,}", f"  left out: {verdict.replace('_', ' ')}", style="dim")
    table.add_row(f"{recipients['eligible']:,}", "eligible")
    for status, n in deliveries.items():
        if n:
            table.add_row(f"{n:,}", f"  {status.replace('_', ' ')}", style=COLOURS.get(status, ""))
    screen.print(table)
    for line in _lines(document):
        screen.print(line, highlight=False, soft_wrap=True)


COLOURS = {"sent": "green", "delivered": "green", "failed": "red", "bounced": "red", "in_doubt": "yellow"}


def _lines(document: Mapping[str, Any]) -> list[str]:
    lines = []
    if "reason" in document:
        lines.append(f"[yellow]Paused:[/] {escape(document['reason'])}")
    if "scheduled_at" in document:
        lines.append(f"Planned for {_local(document['scheduled_at'])}.")
    if "waiting" in document:
        lines.append(f"{document['waiting']:,} to be tried later; the next at {_local(document['next_attempt'])}.")
    if not document["balanced"]:
        lines.append("[bold red]The books do not balance:[/] somebody is neither excluded nor accounted for.")
    return lines


def _local(written: str) -> str:
    return f"{datetime.fromisoformat(written).astimezone():%Y-%m-%d %H:%M:%S}"
