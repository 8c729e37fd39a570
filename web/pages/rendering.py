"""Renders a page in the reader's language."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from fastapi import Request
from fastapi.responses import HTMLResponse

from mailings.settings import Settings
from web.pages.looks import Looks, Static
from web.pages.words import LANGUAGES, OWN_NAMES, words
from web.templates import environment

HERE = Path(__file__).parent


class Pages:
    """The pages of one installation. Raises Unreadable when its own words or looks cannot be read."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._looks, self._words = Looks(settings.pages), words(settings.pages)
        self._environment = environment(HERE)
        self._environment.globals |= {
            "names": OWN_NAMES,
            "style": self.url_of("style.css"),
            "logo": self.url_of("logo"),
            "privacy": settings.privacy_url,
        }

    @property
    def static(self) -> Static:
        """Files the pages refer to: name -> content and content type. A name changes with its content: may be kept for good."""
        return self._looks.files

    def url_of(self, name: str) -> str:
        """The path of a file (style.css, logo) on our door; empty where there is none."""
        found = self._looks.name_of(name)
        return f"{urlsplit(self.settings.public_url).path.rstrip('/')}/static/{found}" if found else ""

    def say(self, name: str, language: str, **values: Any) -> str:
        """A text by its name in words/*.yaml, in a language (English where it is none of ours), its placeholders filled."""
        return self._words.get(language, self._words["en"])[name].format_map(values)

    def show(self, page: str, language: str, status: int = 200, **values: Any) -> HTMLResponse:
        """The page `page` (unsubscribe, preferences, quiet, ...) in a language."""
        return HTMLResponse(self.render(page, language, **values), status)

    def render(self, page: str, language: str, **values: Any) -> str:
        """The same as text."""
        told = {"company": self.settings.company_name, "note": "", "language": language, "say": self._said_in(language)}
        return self._environment.get_template(f"{page}.html").render(told | values)

    def _said_in(self, language: str) -> Callable[..., str]:
        return lambda name, **values: self.say(name, language, **values)


def language_of(request: Request, settings: Settings, known: str = "") -> str:
    """`?lang=` if it is one of ours, else the person's `known` language, else the browser's, else the installation's, else English."""
    accepted = [part.split(";")[0] for part in request.headers.get("accept-language", "").split(",")]
    for wanted in (request.query_params.get("lang", ""), known, *accepted, settings.language):
        short = wanted.strip().replace("_", "-").split("-")[0].lower()
        if (ours := {"nb": "no", "nn": "no"}.get(short, short)) in LANGUAGES:
            return ours
    return "en"
