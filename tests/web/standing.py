"""A form that Chromium reaches, and sites of somebody else's on loopback, for the tests of forms in a browser."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from http.server import BaseHTTPRequestHandler

from playwright.sync_api import Browser, ConsoleMessage, Page

from mailings import clock
from mailings.db import Database
from tests.doubles.saying import serving
from tests.servers.sink import free_port
from tests.web.browser import DESKTOP, PHONE, served
from tests.web.formed import Formed, formed
from web.app import make_app

SIZES = {"phone": PHONE, "desktop": DESKTOP, "narrow": {"width": 320, "height": 640}}


@dataclass
class Stand:
    """A form that a browser reaches. `said` = what the page complained of: what its policy refused, for one."""

    there: Formed
    address: str
    browser: Browser
    said: list[str]

    def open(self, path: str = "", size: str = "desktop", scheme: str = "light", *, scripts: bool = True) -> Page:
        """A page in a fresh window."""
        context = self.browser.new_context(viewport=SIZES[size], color_scheme=scheme, java_script_enabled=scripts, locale="en-GB")
        page = context.new_page()
        page.set_default_timeout(60_000)
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.said.append(str(error)))
        page.goto(path if path.startswith("http") else self.address + (path or self.there.path))
        return page

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type == "error" and "status of 422" not in message.text:
            self.said.append(message.text)


@contextmanager
def standing(db: Database, browser: Browser, **more: object) -> Iterator[Stand]:
    """The form with these keys, behind a door that a browser reaches; nothing it did was refused or broken."""
    port = free_port()
    there = formed(db, settings={"public_url": f"http://127.0.0.1:{port}"}, **more)
    with served(make_app(db, there.settings), port) as address:
        stand = Stand(there, address, browser, [])
        yield stand
    assert stand.said == []


@contextmanager
def later() -> Iterator[None]:
    """A minute on: nobody fills in a form as fast as a test."""
    with clock.standing_at(clock.now() + timedelta(minutes=1)):
        yield


def fill(page: Page) -> None:
    """What has to be written, on a page that shows all of it."""
    page.get_by_label("Navn").fill("Åse Ødegård")
    page.get_by_label("E-postadresse").fill("ase@fjord.test")
    page.get_by_label("Grønnsaker").check()
    page.get_by_label("4 av 5").check()
    page.get_by_label("Ja takk").check()


@contextmanager
def elsewhere(parts: list[str]) -> Iterator[tuple[str, list[tuple[str, str | None]]]]:
    """A site of somebody else's on loopback: its origin, and what it was asked for, from where. `parts` may change meanwhile."""
    asked: list[tuple[str, str | None]] = []

    class Site(BaseHTTPRequestHandler):
        """Says the same to everybody."""

        def do_GET(self) -> None:
            """One page."""
            if self.path != "/favicon.ico":
                asked.append((self.path, self.headers.get("Referer")))
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(f"<!doctype html><title>x</title>{''.join(parts)}".encode())

        def log_message(self, *_: object) -> None:
            """Nobody reads it."""

    with serving(Site) as port:  # type: ignore[arg-type]  # it asks for no more of one than this
        yield f"http://127.0.0.1:{port}", asked
