"""The document of a report: what each figure counts, which divides by which (domain.md H.1); links, domains, hours, programs, bounces."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from mailings.model.counting import AT_DOMAIN, SENT
from mailings.reports.anew import NAMED, Figures
from mailings.tracking.counts import HOUR, LINK_FIGURES

REST = "…"  #: all domains that are not named, together
UNKNOWN = "unknown"  #: programs that do not tell, and readers of whom only a click is known
HARD = ("invalid", "hard")
#: rate -> (what, of how many); a click is an open, and policy bounces are in the total alone (H.1, D7)
RATES = {
    "open_rate": ("opened", "delivered"),
    "click_rate": ("clicked", "delivered"),
    "unsubscribe_rate": ("unsubscribed", "delivered"),
    "complaint_rate": ("complained", "delivered"),
    "hard_bounce_rate": ("hard_bounced", "sent"),
    "soft_bounce_rate": ("soft_bounced", "sent"),
    "bounce_rate": ("bounced", "sent"),
}


class Link(NamedTuple):
    """A tracked link of a mailing, as far as a report shows it."""

    number: int
    url: str
    name: str
    deleted: bool


def numbers_of(figures: Figures) -> dict[str, Any]:
    """Recipients, each once by the latest message, and rates as fractions, None where they are divided by nothing."""
    bounces = [(key.partition(" ")[0], n) for (what, key), n in figures.items() if what == "bounce"]
    told: dict[str, Any] = {
        "sent": sum(figures["status", status] for status in SENT),
        "delivered": sum(figures["status", status] for status in SENT if status != "bounced"),
        "failed": figures["status", "failed"],
        "opened": figures["opened", ""],
        "clicked": figures["clicked", ""],
        "clicks": sum(n for (what, _), n in figures.items() if what == "clicks"),
        **{what: figures[what, ""] for what in ("machine_opened", "machine_clicked", "unsubscribed", "complained")},
        "hard_bounced": sum(n for kind, n in bounces if kind in HARD),
        "soft_bounced": sum(n for kind, n in bounces if kind == "soft"),
        "bounced": sum(n for _, n in bounces),
    }
    told["other_bounced"] = told["bounced"] - told["hard_bounced"] - told["soft_bounced"]
    return told | {rate: told[what] / told[of] if told[of] else None for rate, (what, of) in RATES.items()}


def document_of(figures: Figures, links: Sequence[Link]) -> dict[str, Any]:
    """What `report_of` says, without its moment."""
    return numbers_of(figures) | {
        "links": _links(figures, links),
        "domains": _domains(figures),
        "hours": _hours(figures),
        "clients": [{"client": key or UNKNOWN, "opened": n} for key, n in _largest(figures, "opened with")],
        "bounces": [dict(zip(("kind", "why", "n"), (*_cause(key), n), strict=True)) for key, n in _largest(figures, "bounce")],
        "recipients_by_status": dict(_largest(figures, "label")),
    }


def _largest(figures: Figures, what: str) -> list[tuple[str, int]]:
    return sorted(((key, n) for (of, key), n in figures.items() if of == what and n), key=lambda row: (-row[1], row[0]))


def _cause(key: str) -> tuple[str, str]:
    kind, _, why = key.partition(" ")
    return kind or UNKNOWN, why


def _links(figures: Figures, links: Sequence[Link]) -> list[dict[str, Any]]:
    """Every link that is there or was clicked; and, in one line, addresses that only one message each has."""
    rows = [(str(link.number), link.number, link.url, link.name, link.deleted) for link in links]
    found = []
    for key, number, url, name, hidden in [*rows, ("", None, "", "", True)]:
        clicks, machines, clickers = (figures[what, key] for what in LINK_FIGURES)
        if clicks or machines or not hidden:
            named = {"number": number, "url": url, "name": name}
            found.append({**named, "clickers": clickers, "clicks": clicks, "machine_clicks": machines})
    return found


def _domains(figures: Figures) -> list[dict[str, Any]]:
    """The largest by recipients; the others, and those that are not known any more, together."""
    shown = [key for key, _ in _largest(figures, "domain") if key][:NAMED]
    rows: dict[str, dict[str, int]] = {key: dict.fromkeys(AT_DOMAIN, 0) for key in [*shown, REST]}
    for (what, key), n in figures.items():
        if what in AT_DOMAIN:
            rows[key if key in rows else REST][what] += n
    return [_domain(key, row) for key, row in rows.items() if any(row.values())]


def _domain(key: str, row: dict[str, int]) -> dict[str, Any]:
    others = {figure: row[f"domain {figure}"] for figure in ("opened", "clicked", "bounced", "complained")}
    return {"domain": key, "sent": row["domain sent"], "delivered": row["domain sent"] - row["domain bounced"], **others}


def _hours(figures: Figures) -> list[dict[str, Any]]:
    """Hours in which somebody opened or clicked for the first time."""
    hours = sorted({int(key) for (what, key), n in figures.items() if what in ("opened at", "clicked at") and n})
    at = {hour: datetime.fromtimestamp(hour * HOUR / 1000, UTC).isoformat() for hour in hours}
    return [{"at": at[hour], "opened": figures["opened at", str(hour)], "clicked": figures["clicked at", str(hour)]} for hour in hours]
