"""The status document of cli.md drawn for people: who gets it, who does not and why, and what became of each."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from rich.markup import escape
from rich.table import Table

from cli.door import screen
from mailings.clock import now
from mailings.readable import spoken


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
        lines.append(f"{escape(waits(document))}.")
    if "limited" in document:
        lines.append(f"[yellow]Waits[/] {escape(spoken(document['limited']))}; the limits: mailings limits")
    if document["deliveries"]["in_doubt"]:
        lines.append(f"[yellow]In doubt:[/] what became of them is settled with: mailings settle {escape(document['name'])}")
    if not document["balanced"]:
        lines.append("[bold red]The books do not balance:[/] somebody is neither excluded nor accounted for.")
    return lines


def waits(document: Mapping[str, Any]) -> str:
    """For whom is waited and until when: `3 to be tried later (2 at nord.test, 1 at fjord.test), next at 12:04:10, given up by ...`."""
    places = document["waiting_at"]
    others = document["waiting"] - sum(places.values())
    listed = ", ".join([f"{n:,} at {spoken(domain)}" for domain, n in places.items()] + ([f"{others:,} elsewhere"] if others else []))
    said = f"{document['waiting']:,} to be tried later ({listed}), next at {_soon(document['next_attempt'], '%H:%M:%S')}"
    return f"{said}, given up by {_soon(document['given_up_by'], '%H:%M')}" if "given_up_by" in document else said


def _soon(written: str, today: str) -> str:
    """A moment as people say it: the time today, `12:30 tomorrow`, else with its date."""
    moment, here = datetime.fromisoformat(written).astimezone(), now().astimezone()
    days = (moment.date() - here.date()).days
    return f"{moment:{today}}" if days == 0 else f"{moment:%H:%M} tomorrow" if days == 1 else f"{moment:%Y-%m-%d %H:%M}"


def _local(written: str) -> str:
    return f"{datetime.fromisoformat(written).astimezone():%Y-%m-%d %H:%M:%S %Z}"
