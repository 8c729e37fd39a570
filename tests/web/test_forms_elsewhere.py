"""Forms in Chromium and other sites: where they lead on to, and in whose pages they may stand."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from mailings.db import Database
from mailings.forms.finding import form_named
from mailings.forms.publishing import snippet_of
from tests.web.standing import elsewhere, fill, later, standing

#: nothing is to be scrolled for within the frame, however often its height was asked for before
FITS = "(el => el.scrollHeight <= el.clientHeight + 1 && el.scrollWidth <= innerWidth)(document.documentElement)"
pytestmark = pytest.mark.xdist_group("browser")


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
            page.frames[1].wait_for_function(FITS)
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
        while not any("frame-ancestors" in said for said in stand.said):
            page.wait_for_event("console", timeout=60_000)
        stand.said.clear()
