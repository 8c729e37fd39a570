"""The numbers behind a report's charts as tables: what a chart shows, for those who read and those who copy."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from mailings.readable import spoken
from mailings.reports.saying import label, moment, number

COUNTED = ("sent", "delivered", "opened", "clicked", "bounced", "complained")  # of a domain


@dataclass(frozen=True, slots=True)
class Table:
    """Names of texts for its columns, and rows of texts; the first column says of what, the others hold numbers."""

    heads: tuple[str, ...]
    rows: list[tuple[str, ...]]


def tables_of(report: Mapping[str, Any], language: str) -> dict[str, Table]:
    """Tables by name: links, opens, statuses, bounces as the charts are called, and domains and clients."""

    def told(rows: Iterable[tuple[Any, ...]]) -> list[tuple[str, ...]]:
        return [tuple(number(cell, language) if isinstance(cell, int) else str(cell) for cell in row) for row in rows]

    statuses = ((label("status", word, language), n) for word, n in report.get("recipients_by_status", {}).items() if n)
    bounces = ((label("why", row["why"], language), label("kind", row["kind"], language), row["n"]) for row in report.get("bounces", []))
    links = ((_called(row, language), row["clickers"], row["clicks"]) for row in report.get("links", []))
    hours = ((_hour(row["at"], language), row["opened"], row["clicked"]) for row in report.get("hours", []))
    domains = ((spoken(row["domain"]), *(row[word] for word in COUNTED)) for row in report.get("domains", []))
    clients = ((label("client", row["client"], language), row["opened"]) for row in report.get("clients", []))
    return {
        "links": Table(("head_link", "head_clickers", "head_clicks"), told(links)),
        "opens": Table(("head_hour", "tile_opened", "tile_clicked"), told(hours)),
        "statuses": Table(("col_status", "col_recipients"), told(statuses)),
        "bounces": Table(("head_reason", "head_kind", "col_recipients"), told(bounces)),
        "domains": Table(("head_domain", *(f"tile_{word}" for word in COUNTED)), told(domains)),
        "clients": Table(("head_client", "tile_opened"), told(clients)),
    }


def _called(row: Mapping[str, Any], language: str) -> str:
    """A link by its name or its address; those only one recipient has stand together, without a number."""
    return label("link", "singles", language) if row["number"] is None else row["name"] or row["url"]


def _hour(at: str, language: str) -> str:
    return f"{moment(at, language, 'd MMM HH:mm')} UTC"
