"""A report as one page of HTML that needs nothing but itself: for a mail, a folder, a printer."""

from __future__ import annotations

from functools import lru_cache, partial
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from mailings.reports.charts import CHARTS, chart
from mailings.reports.saying import label, moment, number, percent, say
from mailings.reports.summary import FIGURES, OF, Summary

HERE = Path(__file__).parent
HOURS = 48  # shown; all stand in the workbook
TILES = ("sent", "delivered", "opened", "clicked", "bounced", "unsubscribed")


def page(summary: Summary) -> str:
    """The page: figures, the four charts, links, mail domains, hours, mail programs. No script, and nothing from elsewhere."""
    language, document = summary.language, summary.document
    charts = {kind: Markup(chart(kind, document, language=language).decode()) for kind in CHARTS}  # noqa: S704  our own drawing, escaped by ElementTree
    values: dict[str, Any] = {"about": summary.about, "told": document, "language": language, "charts": charts, "hours": HOURS}
    values |= {"figures": FIGURES, "of": OF, "tiles": TILES, "say": partial(_say, language), "label": partial(_label, language)}
    values |= {word: partial(write, language=language) for word, write in (("number", number), ("percent", percent), ("moment", moment))}
    return _templates().get_template("page.html").render(values)


def _say(language: str, name: str, /, **values: object) -> str:
    return say(name, language, **values)


def _label(language: str, kind: str, word: str) -> str:
    return label(kind, word, language)


@lru_cache(maxsize=1)
def _templates() -> Environment:
    return Environment(loader=FileSystemLoader(HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
