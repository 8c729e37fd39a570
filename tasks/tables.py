"""The tables a run leaves behind: who was left out by which rule, and who should have the message and has not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mailings.model import DeliveryStatus, Verdict
from mailings.readable import counted, spoken
from mailings.reports.places import desk_address
from mailings.reports.saying import label
from mailings.reports.troubled import Troubled
from mailings.settings import Settings, settings
from tasks.artifacts import Drawn, Rows
from tasks.next_steps import ADVICE
from tasks.words import Document, local, verdict_word

MOST = 200  # rows of a table: Prefect draws all of them
GAVE_NO_REASON = {"failed": "no reason was given", "in_doubt": "handed over, and no answer came"}


def left_out(document: Document) -> Rows:
    """Who was left out: the rule in words, how many, what to do. The most first; no rows where nobody was."""
    excluded = sorted(document["recipients"]["excluded"].items(), key=lambda pair: -pair[1])
    return [
        {"Left out because": verdict_word(verdict), "Recipients": f"{n:,}", "What to do": ADVICE[Verdict(verdict)]}
        for verdict, n in excluded
        if n
    ]


def not_reached(name: str, rows: Sequence[Troubled], total: int) -> Rows:
    """Who should have it and has not, at most MOST of `total`; people by name, or by number with the way to the desk (as is set)."""
    chosen = settings()
    told = [_told(chosen, name, row) for row in rows[:MOST]]
    return [*told, _more(chosen, name, total - len(told), list(told[0]))] if told and total > len(told) else told


def troubled_in(document: Document) -> int:
    """How many failed or are in doubt."""
    return sum(document["deliveries"].get(status, 0) for status in (DeliveryStatus.FAILED, DeliveryStatus.IN_DOUBT))


def about_troubled(name: str, total: int) -> Drawn:
    """The line above their table."""
    where = desk_address(settings(), "recipients", name, show="other")
    return Drawn(f"{counted(total, 'recipient')} failed or in doubt. [All of them at the desk, to be taken along as Excel]({where})")


def _told(chosen: Settings, name: str, found: Troubled) -> dict[str, Any]:
    row = found.row
    if chosen.runs_name_people:
        who = {"Recipient": row.name or "–", "Address": spoken(row.email or "–")}
        why = row.reason
    else:
        who = {"Recipient": f"No. {row.id}", "At the desk": desk_address(chosen, "recipient", name, row.id)}
        why = None  # servers repeat addresses
    said = why or (label("why", row.bounce_why) if row.bounce_why else "") or GAVE_NO_REASON.get(str(row.status), "")
    when = f"{local(found.at):%Y-%m-%d %H:%M %Z}" if found.at else "–"
    return who | {"Status": label("status", str(row.status)), "Why": f"{row.code} {said}" if row.code and why else said, "When": when}


def _more(chosen: Settings, name: str, more: int, columns: list[str]) -> dict[str, Any]:
    """The last row: how many more, and where they are."""
    first, second, *rest = columns
    return {first: f"and {more:,} more", second: desk_address(chosen, "recipients", name, show="other")} | dict.fromkeys(rest, "")
