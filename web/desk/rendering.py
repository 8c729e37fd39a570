"""Renders the desk's pages: templates, their files, and what a browser may do with them."""

from __future__ import annotations

from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from fastapi.responses import HTMLResponse

from mailings.settings import Settings
from web.desk import showing
from web.desk.words import say
from web.pages.looks import Static
from web.templates import environment

HERE = Path(__file__).parent
KINDS = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}

#: our own scripts and pages only; pictures of charts and messages are addresses of ours too
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; frame-src 'self';"
    " form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)


class DeskPages:
    """The desk's pages of one installation."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.prefix = urlsplit(settings.public_url).path.rstrip("/")
        self.files: Static = {}
        self._named: dict[str, str] = {}
        for path in sorted((HERE / "static").iterdir()):
            if path.suffix in KINDS:
                self._keep(path)
        self._environment = environment(HERE / "templates")
        self._environment.filters |= showing.FILTERS
        self._environment.globals |= {"file": self.file, "company": settings.company_name}

    def file(self, name: str) -> str:
        """The address of a file of web/desk/static, with a hash of its content in it: may be kept for good."""
        return f"{self.prefix}/desk/static/{self._named[name]}"

    def url(self, path: str) -> str:
        """The address of a page, `/mailings`, wherever the door stands."""
        return f"{self.prefix}/desk{path}"

    def show(self, page: str, status: int = 200, **values: Any) -> HTMLResponse:
        """The page `page`, e.g. mailings/list.html."""
        shown = HTMLResponse(self._environment.get_template(page).render(values), status)
        shown.headers["Content-Security-Policy"] = POLICY
        # with no-referrer browsers send `Origin: null` along with our own forms, and could not be told from a stranger's
        shown.headers["Referrer-Policy"] = "same-origin"
        return shown

    def outside(self, page: str, language: str, status: int = 200, **values: Any) -> HTMLResponse:
        """A page for whoever is not signed in."""
        every = {"say": partial(_said, language), "url": self.url, "language": language}
        return self.show(page, status, **(every | values))

    def _keep(self, path: Path) -> None:
        content = path.read_bytes()
        hashed = f"{path.stem}-{sha256(content).hexdigest()[:12]}{path.suffix}"
        self._named[path.name], self.files[hashed] = hashed, (content, KINDS[path.suffix])


def _said(language: str, name: str, /, **values: Any) -> str:
    return say(name, language, **values)
