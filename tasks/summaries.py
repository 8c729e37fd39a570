"""The page a run leaves behind, in Markdown: where the mailing stands, who has it, who has not and why, what to do next."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from typing import Any

from mailings.model import DeliveryStatus
from mailings.reports.charts import chart
from mailings.reports.markdown import plain
from mailings.reports.saying import label
from tasks.next_steps import links, next_steps
from tasks.words import Document, headline, share, status_word, unnamed, verdict_word

#: figure of the report -> its words and its rate; those that somebody moved are shown
CAME_BACK = {
    "opened": ("opened it", "open_rate"),
    "clicked": ("clicked a link", "click_rate"),
    "unsubscribed": ("unsubscribed", "unsubscribe_rate"),
    "complained": ("reported it as spam", "complaint_rate"),
}
CHART = "statuses"  # what became of everybody


def summary(document: Document, report: Mapping[str, Any] | None = None, problems: Sequence[str] = (), letters: str | None = None) -> str:
    """The page. `report` = what `report_of` returns, for the chart and what came back; `problems` = why preflight refused it.

    `letters` = what a document mailing's page says of its PDF.
    """
    parts = [f"# {plain(headline(document, printed=letters is not None))}"]
    if reason := document.get("reason"):
        parts.append(f"**Paused:** {plain(unnamed(reason))}")
    if problems:
        parts.append("\n".join(["**It is not sent, because:**", "", *(f"* {plain(unnamed(problem))}" for problem in problems)]))
    if not document.get("balanced", True):
        parts.append("**The figures do not add up: some recipients are not accounted for.** Nothing is called sent before they do.")
    parts += [letters] if letters else []
    parts += [*_figures(document), *_came_back(report or {}), *_picture(report or {})]
    parts += ["## What next", "\n".join(f"* {step}" for step in next_steps(document)), "## Where to look", links(document["name"])]
    return "\n\n".join(parts)


def _figures(document: Document) -> list[str]:
    recipients, deliveries = document["recipients"], document["deliveries"]
    reached = [(status_word(s), deliveries.get(s, 0)) for s in DeliveryStatus if deliveries.get(s)]
    left_out = sorted(recipients["excluded"].items(), key=lambda pair: -pair[1])
    parts = [_table(f"Should have it: {recipients['eligible']:,}", reached)]
    if left_out:
        named = [(verdict_word(verdict), n) for verdict, n in left_out]
        parts.append(_table(f"Left out: {sum(n for _, n in left_out):,}", named))
    return parts


def _came_back(report: Mapping[str, Any]) -> list[str]:
    found = [(words, report[name], report[rate]) for name, (words, rate) in CAME_BACK.items() if report.get(name)]
    if not found:
        return []
    rows = "\n".join(f"| {words} | {n:,} | {100 * (rate or 0):.1f} % |" for words, n, rate in found)
    return [f"## What came back so far\n\n| | recipients | of those delivered |\n|---|---:|---:|\n{rows}"]


def _picture(report: Mapping[str, Any]) -> list[str]:
    """The chart as an image in the page itself, some 6 kB: nothing has to be fetched, and both of Prefect's interfaces show it."""
    if not report.get("recipients_by_status"):
        return []
    drawn = b64encode(chart(CHART, report)).decode()
    told = ", ".join(f"{label('status', word)} {n:,}" for word, n in report["recipients_by_status"].items())
    return [f"![{plain(f'Recipients by status: {told}')}](data:image/svg+xml;base64,{drawn})"]


def _table(title: str, rows: list[tuple[str, int]]) -> str:
    whole = sum(n for _, n in rows)
    lines = "\n".join(f"| {word} | {n:,} | {share(n, whole)} |" for word, n in rows)
    return f"## {title}\n\n| | recipients | |\n|---|---:|---:|\n{lines}" if rows else f"## {title}"
