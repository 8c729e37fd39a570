"""A report in Markdown, for a page of Prefect: the figures, the statuses, the links clicked most."""

from __future__ import annotations

import re
from typing import Any

from mailings.reports.cost import cost_told
from mailings.reports.saying import label, moment, number, percent, say
from mailings.reports.seen import figures_of, is_seen
from mailings.reports.summary import OF, Summary

LINKS = 10  # shown; all stand in the workbook
FORBIDDEN = re.compile(r"([\\`*_{}\[\]<>()#+!|~&:/@-])")  # what Markdown, or the HTML in it, could read as more than text


def markdown(summary: Summary) -> str:
    """The figures of a report in its language. Nothing that came from outside, a subject or a link, becomes markup."""
    language, document, about = summary.language, summary.document, summary.about
    parts = [f"# {plain(say('report_of', language, name=about.name))}"]
    if about.subject:
        parts.append(f"**{plain(about.subject)}**")
    parts.append(say("as_of", language, at=f"{moment(document['as_of'], language)} UTC"))
    parts.append(_table([say(word, language) for word in ("what", "how_many", "rate")], _figures(summary)))
    if cost := cost_told(document, language):
        parts.append(f"{say('cost', language)}: {plain(cost)}")
    if statuses := document["recipients_by_status"]:
        rows = [(label("status", word, language), number(n, language)) for word, n in statuses.items()]
        parts.append(_table([say("status", language), say("recipients", language)], rows))
    if clicked := [one for one in document["links"] if one["clickers"] and is_seen(about.type)]:
        parts.append(_table([say("link", language), say("clickers", language)], _links(clicked, language)))
    return "\n\n".join([*parts, say("counted_so", language)] if is_seen(about.type) else parts)


def plain(text: str) -> str:
    """A text as Markdown that shows just that."""
    return FORBIDDEN.sub(r"\\\1", " ".join(text.split()))


def _figures(summary: Summary) -> list[tuple[str, str, str]]:
    language, document = summary.language, summary.document
    shown = figures_of(summary.about.type)
    return [(say(figure, language), number(document[figure], language), _rate(summary, rate)) for figure, rate in shown.items()]


def _rate(summary: Summary, rate: str | None) -> str:
    if rate is None:
        return ""
    return f"{percent(summary.document[rate], summary.language)} {say(OF[rate], summary.language)}"


def _links(links: list[dict[str, Any]], language: str) -> list[tuple[str, str]]:
    most = sorted(links, key=lambda one: -one["clickers"])[:LINKS]
    return [(_named(one, language), number(one["clickers"], language)) for one in most]


def _named(link: dict[str, Any], language: str) -> str:
    return plain(label("link", "singles", language) if link["number"] is None else link["name"] or link["url"])


def _table(heads: list[str], rows: list[Any]) -> str:
    numbers = "|".join(["---", *["---:"] * (len(heads) - 1)])
    return "\n".join([f"| {' | '.join(heads)} |", f"|{numbers}|", *(f"| {' | '.join(row)} |" for row in rows)])
