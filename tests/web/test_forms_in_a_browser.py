"""Forms in Chromium: by day and by night, on phones, with the keyboard alone, without scripts, and in a page of somebody else's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect

from mailings import clock
from mailings.db import Database
from mailings.forms.finding import form_named
from mailings.forms.publishing import snippet_of
from tests.doubles.saying import serving
from tests.web.browser import DESKTOP, PHONE, faults, free_port, served
from tests.web.formed import Formed, formed
from web.app import make_app
from web.pages import LANGUAGES

pytestmark = pytest.mark.xdist_group("browser")
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
        page.set_default_timeout(10_000)
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


LOUD = {"columns": 2, "accent": "#ffd400"}
MURKY = {"background": "#123a2f", "ink": "#2a5a4f", "accent": "#0a0"}
LOOKS: list[tuple[dict[str, object], str, str]] = [({}, size, scheme) for size in ("phone", "desktop") for scheme in ("light", "dark")]
LOOKS += [(LOUD, "desktop", "light"), (LOUD, "phone", "dark"), (MURKY, "desktop", "light"), (MURKY, "phone", "dark")]


@pytest.mark.parametrize("look", LOOKS)
def test_a_form_can_be_read_by_everybody(db: Database, browser: Browser, tmp_path: Path, look: tuple[dict[str, object], str, str]) -> None:
    """Labels, contrast, room to touch, nothing wider than the screen: the form, what is wrong with it, its thanks; in any colours."""
    style, size, scheme = look
    with standing(db, browser, style=style) as stand:
        page, found = stand.open(size=size, scheme=scheme, scripts=False), []
        page.screenshot(path=tmp_path / "form.png", full_page=True)
        found += faults(page)
        page.get_by_role("button", name="Send").click()
        page.screenshot(path=tmp_path / "wrong.png", full_page=True)
        found += faults(page)
        assert page.locator(":focus").get_attribute("name") == "field_name"
        fill(page)
        with later():
            page.get_by_role("button", name="Send").click()
        page.screenshot(path=tmp_path / "thanks.png", full_page=True)
        assert found + faults(page) == []
        assert len(stand.there.submissions()) == 1


def fill(page: Page) -> None:
    """What has to be written, on a page that shows all of it."""
    page.get_by_label("Navn").fill("Åse Ødegård")
    page.get_by_label("E-postadresse").fill("ase@fjord.test")
    page.get_by_label("Grønnsaker").check()
    page.get_by_label("4 av 5").check()
    page.get_by_label("Ja takk").check()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_fits(db: Database, browser: Browser, language: str) -> None:
    """Long words break nothing on a narrow phone, with everything wrong that can be."""
    with standing(db, browser) as stand:
        page = stand.open(f"{stand.there.path}?lang={language}", "narrow", scripts=False)
        page.locator("input[type=file]").set_input_files({"name": "a.exe", "mimeType": "x/y", "buffer": b"MZ"})
        page.locator("button.main:not([hidden])").click()
        assert page.locator("html").get_attribute("lang") == language
        assert faults(page) == []


def test_the_keyboard_is_enough(db: Database, browser: Browser) -> None:
    """One page after another, by Tab, Space, arrows and Enter; what is missing stops at its page, and Enter never sends too early."""
    with standing(db, browser) as stand:
        page = stand.open()
        press, write = page.keyboard.press, page.keyboard.type
        expect(page.get_by_text("Side 1 av 3")).to_be_visible()
        page.get_by_label("Navn").focus()
        press("Enter")
        expect(page.get_by_text("Side 1 av 3")).to_be_visible()
        write("Désirée van der IJssel")
        press("Tab")
        write("desiree@ijssel.test")
        press("Enter")
        expect(page.get_by_text("Side 2 av 3")).to_be_visible()
        expect(page.get_by_role("heading", name="Dagen", exact=True)).to_be_focused()
        for key in ("Tab", "Space", "ArrowDown", "Tab", "Space", "Tab", "Tab", "Tab", "Tab", "Tab", "Tab", "Tab"):
            press(key)
        page.get_by_label("Hvor mange er dere?").focus()
        press("Enter")
        expect(page.get_by_text("Side 3 av 3")).to_be_visible()
        page.get_by_label("1 av 5").focus()
        press("Space")
        for _ in range(2):
            press("ArrowRight")
        page.get_by_label("Ja takk").focus()
        press("Space")
        with later():
            press("Enter")
            expect(page.get_by_role("heading", name="Takk")).to_be_visible()
        (stored,) = stand.there.submissions()
        assert stored.values | {"dish": "veg", "days": ["fredag"], "stars": 3, "name": "Désirée van der IJssel"} == stored.values


def test_what_is_wrong_is_on_the_page_that_opens(db: Database, browser: Browser) -> None:
    """Of several pages the one with the first mistake, the cursor in it; a link of the list opens the page of its field."""
    with standing(db, browser) as stand:
        page = stand.open()
        page.get_by_label("Navn").fill("Åse")
        page.get_by_label("E-postadresse").fill("ase@fjord.test")
        page.get_by_role("button", name="Neste").click()
        page.get_by_label("Grønnsaker").check()
        page.get_by_label("Hvor mange er dere?").fill("mange")
        page.get_by_role("button", name="Neste").click()
        page.get_by_role("button", name="Send").click()
        expect(page.get_by_text("Side 2 av 3")).to_be_visible()
        expect(page.get_by_label("Hvor mange er dere?")).to_be_focused()
        page.get_by_role("link", name="Ja takk").click()
        expect(page.get_by_text("Side 3 av 3")).to_be_visible()
        expect(page.get_by_label("Ja takk")).to_be_focused()


def test_files_are_measured_before_they_are_sent(db: Database, browser: Browser) -> None:
    """With scripts the page says so itself; without, the door does, and the way back keeps what was written."""
    field = {"kind": "upload", "identifier": "it", "label": "Fil", "max_kb": 10}
    large = {"name": "stor.pdf", "mimeType": "application/pdf", "buffer": b"x" * 2_000_000}
    with standing(db, browser, sections=[], fields=[{"kind": "name"}, field]) as stand:
        page = stand.open()
        page.get_by_label("Fil").set_input_files(large)
        page.get_by_role("button", name="Send").click()
        assert page.get_by_label("Fil").evaluate("el => el.validationMessage").startswith("Filene er større")
        plain = stand.open(scripts=False)
        plain.get_by_label("Navn").fill("Åse Ødegård")
        plain.get_by_label("Fil").set_input_files(large)
        plain.get_by_role("button", name="Send").click()
        expect(plain.get_by_role("heading", name="That is too large")).to_be_visible()
        stand.said.clear()  # 413 is told in the console too
        plain.go_back()
        expect(plain.get_by_label("Navn")).to_be_visible()
        assert stand.there.submissions() == []


def test_thanks_may_be_another_site(db: Database, browser: Browser) -> None:
    """The page's own policy lets the form lead there, and it learns nothing of where its visitor comes from."""
    with (
        elsewhere(["<h1>Velkommen</h1>"]) as (origin, asked),
        standing(db, browser, pages={"thank_you": {"redirect": f"{origin}/takk"}}) as stand,
    ):
        page = stand.open(f"{stand.there.path}?utm_source=brev&field_name=%C3%85se", scripts=False)
        expect(page.get_by_label("Navn")).to_have_value("Åse")
        fill(page)
        with later():
            page.get_by_role("button", name="Send").click()
        expect(page.get_by_role("heading", name="Velkommen")).to_be_visible()
    assert asked[-1] == ("/takk?utm_source=brev", None)


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


@pytest.mark.parametrize("leads", [False, True])
def test_a_form_stands_in_another_site(db: Database, browser: Browser, tmp_path: Path, leads: bool) -> None:
    """By the snippet of `forms show`: as high as it needs, filled in and sent there; where it leads on, the whole page goes."""
    parts = ["<h1>Vindheim</h1>", ""]
    with elsewhere(parts) as (origin, asked):
        pages = {"thank_you": {"redirect": f"{origin}/takk"}} if leads else {}
        with standing(db, browser, embed=[origin], pages=pages) as stand:
            with db.reading() as session:
                parts[1] = snippet_of(form_named(session, stand.there.name), stand.there.settings)
            page = stand.open(f"{origin}/")
            frame = page.frame_locator("iframe")
            expect(frame.get_by_text("Side 1 av 3")).to_be_visible()
            element = page.locator("iframe")
            expect(element).not_to_have_css("height", "480px")
            inside = frame.locator("html").evaluate("el => [el.scrollHeight, el.clientHeight, el.scrollWidth <= innerWidth]")
            assert inside[0] <= inside[1] + 1, "nothing to scroll within the frame"
            assert inside[2]
            page.screenshot(path=tmp_path / "embedded.png", full_page=True)
            frame.get_by_label("Navn").fill("Åse Ødegård")
            frame.get_by_label("E-postadresse").fill("ase@fjord.test")
            frame.get_by_role("button", name="Neste").click()
            frame.get_by_label("Fisk").check()
            frame.get_by_role("button", name="Neste").click()
            frame.get_by_label("Ja takk").check()
            with later():
                frame.get_by_role("button", name="Send").click()
                if leads:
                    page.wait_for_url(f"{origin}/takk")
                else:
                    expect(frame.get_by_role("heading", name="Takk")).to_be_visible()
            assert len(stand.there.submissions()) == 1
            assert page.context.cookies() == []
    assert ("/takk" in [path for path, _ in asked]) is leads


def test_a_form_stands_nowhere_else(db: Database, browser: Browser) -> None:
    """A site the form does not list is shown nothing of it."""
    parts = ["<h1>Vindheim</h1>", ""]
    with elsewhere(parts) as (origin, _), standing(db, browser, embed=["https://vindheim.test"]) as stand:
        with db.reading() as session:
            parts[1] = snippet_of(form_named(session, stand.there.name), stand.there.settings)
        page = stand.open(f"{origin}/")
        page.wait_for_load_state("networkidle")
        assert page.frame_locator("iframe").get_by_label("Navn").count() == 0
        assert any("frame-ancestors" in said for said in stand.said)
        stand.said.clear()
