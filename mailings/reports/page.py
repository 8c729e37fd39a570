"""A report as one page of HTML that needs nothing but itself: for a mail, a folder, a printer."""

from __future__ import annotations

from functools import lru_cache, partial
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from mailings.readable import spoken
from mailings.reports.charts import CHARTS, chart
from mailings.reports.cost import cost_told
from mailings.reports.saying import label, moment, number, percent, say
from mailings.reports.seen import figures_of, is_seen
from mailings.reports.summary import OF, Summary

HERE = Path(__file__).parent
HOURS = 48  # shown; all stand in the workbook
TILES = ("sent", "delivered", "opened", "clicked", "bounced", "unsubscribed")
UNSEEN = ("statuses", "bounces")  # charts of what nobody is seen to read


def page(summary: Summary) -> str:
    """The page: figures, the charts, links, mail domains, hours, mail programs. No script, and nothing from elsewhere."""
    language, document, seen = summary.language, summary.document, is_seen(summary.about.type)
    figures = figures_of(summary.about.type)
    drawn = CHARTS if seen else UNSEEN
    charts = {kind: Markup(chart(kind, document, language=language).decode()) for kind in drawn}  # noqa: S704  our own drawing, escaped by ElementTree
    values: dict[str, Any] = {"about": summary.about, "told": document, "language": language, "charts": charts, "hours": HOURS}
    values |= {
        "figures": figures,
        "of": OF,
        "seen": seen,
        "cost": cost_told(document, language),
        "tiles": [figure for figure in TILES if figure in figures],
        "spoken": spoken,
        "say": partial(_say, language),
        "label": partial(_label, language),
    }
    values |= {word: partial(write, language=language) for word, write in (("number", number), ("percent", percent), ("moment", moment))}
    return _templates().get_template("page.html").render(values)


def _say(language: str, name: str, /, **values: object) -> str:
    return say(name, language, **values)


def _label(language: str, kind: str, word: str) -> str:
    return label(kind, word, language)


@lru_cache(maxsize=1)
def _templates() -> Environment:
    return Environment(loader=FileSystemLoader(HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
