"""The pages in Chromium with scripts switched off: readable on phone and desktop, by day and night, usable by keyboard alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page
from sqlalchemy import select

from mailings.db import Database
from mailings.model import Basis, Consent, OptOut, Topic
from mailings.tokens import Kind
from tests.web.browser import DESKTOP, PHONE, chromium, faults, free_port, served
from tests.web.readers import Readers, readers
from web.app import make_app
from web.pages import LANGUAGES

pytestmark = pytest.mark.xdist_group("browser")
LOOKS = [(size, scheme) for size in ("phone", "desktop") for scheme in ("light", "dark")]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for all of these tests."""
    with chromium() as opened:
        yield opened


@dataclass
class Site:
    """The door as a browser reaches it."""

    address: str
    there: Readers
    browser: Browser

    def open(self, path: str, size: str = "phone", scheme: str = "light") -> Page:
        """A page in a fresh window, without scripts."""
        sizes = {"phone": PHONE, "desktop": DESKTOP}
        context = self.browser.new_context(viewport=sizes[size], color_scheme=scheme, java_script_enabled=False, locale="en-GB")
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.goto(self.address + path)
        return page


@pytest.fixture
def site(db: Database, browser: Browser) -> Iterator[Site]:
    """A door with readers behind it, open to the browser."""
    port = free_port()
    there = readers(db, public_url=f"http://127.0.0.1:{port}", system_from="Fjord <post@acme.test>")
    with served(make_app(db, there.settings), port) as address:
        yield Site(address, there, browser)


def paths(there: Readers) -> dict[str, str]:
    """Every page a link opens, by what it is."""
    return {
        "unsubscribe": there.link(Kind.UNSUBSCRIBE, there.person),
        "leaving": there.link(Kind.UNSUBSCRIBE, there.untopical),
        "address": there.link(Kind.UNSUBSCRIBE, there.bare),
        "preferences": there.link(Kind.PREFERENCES, there.person),
        "expired": there.link(Kind.PREFERENCES, there.person, days_ago=30),
        "test": there.link(Kind.PREFERENCES, there.test),
        "quiet": "/u/nothing",
    }


@pytest.mark.parametrize(("size", "scheme"), LOOKS)
def test_every_page_can_be_read_by_everybody(site: Site, tmp_path: Path, size: str, scheme: str) -> None:
    """Language, labels, contrast, one heading, room to touch, nothing wider than the screen: in every size and scheme."""
    found: list[str] = []
    for name, path in paths(site.there).items():
        page = site.open(path, size, scheme)
        page.screenshot(path=tmp_path / f"{name}-{size}-{scheme}.png", full_page=True)
        found += faults(page)
        page.context.close()
    assert found == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_fits(site: Site, language: str) -> None:
    """Long words break nothing on a narrow phone, and the page says which language it is in."""
    found: list[str] = []
    for path in paths(site.there).values():
        page = site.open(f"{path}?lang={language}")
        page.set_viewport_size({"width": 320, "height": 640})
        assert page.locator("html").get_attribute("lang") == language
        found += faults(page)
        page.context.close()
    assert found == []


@pytest.mark.parametrize(("size", "scheme"), LOOKS)
def test_the_answers_can_be_read_by_everybody(site: Site, tmp_path: Path, size: str, scheme: str) -> None:
    """What a button leads to is as readable as the page it stood on: unsubscribed, taken back, too late, saved, sent."""
    there, found = site.there, []
    for name, delivery, buttons in (
        ("unsubscribed", there.person, ["confirm", "undo"]),
        ("all", there.untopical, ["confirm", "undo"]),
        ("addressed", there.bare, ["confirm", "undo"]),
    ):
        page = site.open(there.link(Kind.UNSUBSCRIBE, delivery), size, scheme)
        for button in buttons:
            page.locator(f"button[name={button}]").click()
            page.screenshot(path=tmp_path / f"{name}-{button}-{size}-{scheme}.png", full_page=True)
            found += faults(page)
    for name, days in (("save", 0), ("fresh", 30)):
        page = site.open(there.link(Kind.PREFERENCES, there.person, days_ago=days), size, scheme)
        page.locator(f"button[name={name}]").click()
        page.screenshot(path=tmp_path / f"{name}-{size}-{scheme}.png", full_page=True)
        found += faults(page)
    assert found == []


def test_what_looks_for_faults_finds_them(site: Site) -> None:
    """Pale text, a field without a label, a second heading, a tiny button and a page too wide are told, with scripts switched off."""
    page = site.open("/up")
    page.set_content(
        '<html><body><main><h1>a</h1><h1>b</h1><p style="color:#aaa">pale</p><input><button style="font-size:9px">x</button>'
        '<img src="data:,"><div style="width:2000px">wide</div></main></body></html>'
    )
    told = " ".join(faults(page))
    for fault in ("no language", "no title", "not exactly one h1", "scrolls sideways", "contrast 2.32", "no label", "too small", "no alt"):
        assert fault in told


def test_unsubscribing_by_keyboard(site: Site) -> None:
    """Tab reaches the button first of all, with a ring around it; Enter presses it. The way back is a Tab away."""
    page = site.open(site.there.link(Kind.UNSUBSCRIBE, site.there.person))
    page.keyboard.press("Tab")
    focused = page.locator("button:focus-visible")
    assert focused.inner_text() == "Unsubscribe"
    assert focused.evaluate("el => getComputedStyle(el).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    page.get_by_text("We will send you no more messages about “News”.").wait_for()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="You are subscribed again").wait_for()
    with site.there.db.reading() as session:
        assert session.scalars(select(OptOut.ended_at)).one() is not None


def test_preferences_by_keyboard(site: Site) -> None:
    """Every switch is reached in the order it is read, Space turns it, and Confirm stores what is seen."""
    page = site.open(site.there.link(Kind.PREFERENCES, site.there.person), "desktop")
    names = []
    for _ in range(5):
        page.keyboard.press("Tab")
        names.append(page.locator("input:focus").evaluate("el => el.labels[0].querySelector('.name').innerText"))
    assert names == ["You may send me e-mail", "Invitations", "News", "Promotions", "Urgent messages"]
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Saved").wait_for()
    assert page.locator("main li").all_inner_texts() == ["Invitations", "News", "Promotions"]
    with site.there.db.reading() as session:
        assert session.scalars(select(Topic.name).join(OptOut, OptOut.topic_id == Topic.id)).all() == ["Urgent messages"]


def test_no_more_mail_at_all_is_two_clicks_away(site: Site) -> None:
    """From a message without a topic: open the link, press the first button (D13). No scripts, nothing to type."""
    page = site.open(site.there.link(Kind.UNSUBSCRIBE, site.there.untopical))
    first = page.get_by_role("button").first
    assert first.inner_text() == "No more e-mail at all"
    assert first.bounding_box()["y"] < PHONE["height"]
    first.click()
    page.get_by_text("We will send you no more e-mail.").wait_for()
    with site.there.db.reading() as session:
        assert session.scalars(select(Consent.basis).order_by(Consent.id.desc())).first() is Basis.WITHDRAWN


def test_another_language_is_a_click_away_and_is_remembered(site: Site) -> None:
    """The picker is plain links; ticking the box below keeps the language for later messages."""
    page = site.open(site.there.link(Kind.PREFERENCES, site.there.person))
    page.get_by_role("link", name="Svenska").click()
    page.get_by_label("Skriv till mig på svenska från och med nu").check()
    page.get_by_role("button", name="Bekräfta").click()
    page.get_by_role("heading", name="Sparat").wait_for()
    again = site.open(site.there.link(Kind.PREFERENCES, site.there.person))
    assert again.locator("html").get_attribute("lang") == "sv"


def test_links_of_a_message_read_online_lead_on(site: Site) -> None:
    """The message stands in a sandbox, its links work all the same; those that ask for a new window open one without the sandbox."""
    page = site.open(site.there.link(Kind.ONLINE, site.there.person))
    assert page.title() == "Nieuws"
    page.get_by_role("link", name="Afmelden").click()
    page.get_by_role("button", name="Unsubscribe").click()
    page.get_by_role("heading", name="You are unsubscribed").wait_for()


def test_nothing_comes_from_elsewhere(site: Site) -> None:
    """A page of ours asks this door alone, and its own policy finds nothing to complain of."""
    asked, complaints = [], []
    page = site.open("/up")
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))
    for path in paths(site.there).values():
        page.goto(site.address + path)
    assert all(url.startswith((site.address, "data:")) for url in asked)
    assert any("/static/style-" in url for url in asked)
    assert [text for text in complaints if "404" not in text] == []
