"""Renders a page in the reader's language."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from mailings.settings import Settings

LANGUAGES = ("en", "nl", "da", "no", "sv", "de")
HERE = Path(__file__).parent


class Pages:
    """The pages of one installation."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._environment = Environment(loader=FileSystemLoader(HERE), autoescape=True, undefined=StrictUndefined)

    def show(self, name: str, language: str, status: int = 200, **values: Any) -> HTMLResponse:
        """The page `name` (unsubscribe, preferences, quiet, ...) in a language."""
        template = self._environment.get_template(f"{name}.html")
        html = template.render(language=language, company=self.settings.company_name, **values)
        return HTMLResponse(html, status)


def language_of(request: Request, settings: Settings, known: str = "") -> str:
    """`?lang=` if it is one of ours, else the person's `known` language, else the browser's, else the installation's, else English."""
    asked = [request.query_params.get("lang", ""), known]
    accepted = [part.split(";")[0].strip() for part in request.headers.get("accept-language", "").split(",")]
    for wanted in (*asked, *accepted, settings.language):
        short = {"nb": "no", "nn": "no"}.get(wanted[:2].lower(), wanted[:2].lower())
        if short in LANGUAGES:
            return short
    return "en"
