"""The pages in Chromium with scripts switched off: readable on phone and desktop, by day and by night."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mailings.tokens import Kind
from tests.web.browser import Site, faults
from tests.web.readers import Readers
from web.pages import LANGUAGES, Pages

pytestmark = pytest.mark.xdist_group("browser")
LOOKS = [(size, scheme) for size in ("phone", "desktop") for scheme in ("light", "dark")]


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
    page, found = site.open("/up", size, scheme), []
    for name, path in paths(site.there).items():
        page.goto(site.address + path)
        page.screenshot(path=tmp_path / f"{name}-{size}-{scheme}.png", full_page=True)
        found += faults(page)
    assert found == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_fits(site: Site, language: str) -> None:
    """Long words break nothing on a narrow phone, and the page says which language it is in."""
    page, found = site.open("/up"), []
    page.set_viewport_size({"width": 320, "height": 640})
    for path in paths(site.there).values():
        page.goto(f"{site.address}{path}?lang={language}")
        assert page.locator("html").get_attribute("lang") == language
        found += faults(page)
    assert found == []


@pytest.mark.parametrize(("size", "scheme"), LOOKS)
def test_the_answers_can_be_read_by_everybody(site: Site, tmp_path: Path, size: str, scheme: str) -> None:
    """What a button leads to is as readable as the page it stood on: unsubscribed, taken back, too late, saved, sent."""
    there, found = site.there, []
    page = site.open("/up", size, scheme)
    for name, delivery, buttons in (
        ("unsubscribed", there.person, ["confirm", "undo"]),
        ("all", there.untopical, ["confirm", "undo"]),
        ("addressed", there.bare, ["confirm", "undo"]),
    ):
        page.goto(site.address + there.link(Kind.UNSUBSCRIBE, delivery))
        for button in buttons:
            page.locator(f"button[name={button}]").click()
            page.screenshot(path=tmp_path / f"{name}-{button}-{size}-{scheme}.png", full_page=True)
            found += faults(page)
    for name, days in (("save", 0), ("fresh", 30)):
        page.goto(site.address + there.link(Kind.PREFERENCES, there.person, days_ago=days))
        page.locator(f"button[name={name}]").click()
        page.screenshot(path=tmp_path / f"{name}-{size}-{scheme}.png", full_page=True)
        found += faults(page)
    assert found == []


#: pages that no link of a message leads to, with what they are given
OTHERS: list[tuple[str, dict[str, Any]]] = [
    ("busy", {}),
    ("trouble", {"sentence": "a1b2c3d4"}),
    ("said", {"title": "Velkommen", "html": "<p>Vi sees på havna.</p>"}),
    ("said", {"title": "", "html": "<p>Takk!</p>"}),
    ("confirm", {"topics": ["Nyheter", "Tilbud"], "picker": True}),
    ("confirmed", {"topics": []}),
    ("too-late", {"preferences": "../p/x"}),
]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_other_pages_can_be_read_by_everybody(site: Site, tmp_path: Path, scheme: str) -> None:
    """Those shown for trouble, for what a link says, for confirming: with and without their values."""
    pages, page, found = Pages(site.there.settings), site.open("/u/nothing", "phone", scheme), []
    for number, (name, values) in enumerate(OTHERS):
        page.set_content(pages.render(name, "no", **values), wait_until="networkidle")
        page.screenshot(path=tmp_path / f"{number}-{name}-{scheme}.png")
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
