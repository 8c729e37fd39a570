"""Forms in Chromium: by day and by night, on phones, with the keyboard alone, without scripts, and in a page of somebody else's."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from mailings.db import Database
from tests.web.browser import faults
from tests.web.standing import fill, later, standing
from web.pages import LANGUAGES

pytestmark = pytest.mark.xdist_group("browser")


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
