"""Approval in Chromium: read by everybody, decided without scripts, and Decline asked once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Dialog

from mailings.db import Database
from mailings.model import MailingStatus, Role
from mailings.settings import Settings
from tests.servers.sink import free_port
from tests.web.browser import served
from tests.web.desk.asked import NAME, PAGE, ask, given
from tests.web.desk.fitting import FIT, stands
from tests.web.desk.seated import user
from tests.web.desk.test_mailings_in_a_browser import Desktop, wrong
from web.app import make_app
from web.desk.at import cookie_of

pytestmark = pytest.mark.xdist_group("browser")


@pytest.fixture
def desktop(db: Database, browser: Browser) -> Iterator[Desktop]:
    """A mailing that asks for approval, and a sender at the desk."""
    ask(db, tracking={"opens": False, "clicks": "none"})  # the picture that counts opens is at an address of another installation
    port = free_port()
    settings = Settings(_env_file=None, public_url=f"http://127.0.0.1:{port}", company_name="Fjord & Søn", **FIT)
    with served(make_app(db, settings), port) as address:
        yield Desktop(db, address, browser, (cookie_of(settings), user(db, Role.SENDER)[0]))
        for context in browser.contexts:
            context.close()


@pytest.mark.parametrize(("size", "scheme", "locale"), [("phone", "dark", "nb"), ("desktop", "light", "nl")])
def test_read_by_everybody(desktop: Desktop, tmp_path: Path, size: str, scheme: str, locale: str) -> None:
    """Language, labels, contrast, one heading, nothing too wide; the message stands in its frame; the policy does not complain."""
    page, found = desktop.open(PAGE, size, scheme, locale), []
    page.frame_locator("iframe.message").first.get_by_text("Kjære Åse Ødegård 0").wait_for()
    for path in (PAGE, f"/mailings/{NAME}", "/mailings"):
        page.goto(f"{desktop.address}/desk{path}")
        page.screenshot(path=tmp_path / f"{size}-{scheme}.png", full_page=True)
        found += [f"{path}: {fault}" for fault in wrong(page)]
    assert "\n".join(found) == ""
    assert desktop.said == [], desktop.asked


def test_approved_without_scripts(desktop: Desktop) -> None:
    """From the list to the page, a word written, one button: it is approved, and the Summary has it."""
    page = desktop.open("/mailings", scripts=False)
    page.get_by_role("link", name="1 awaits approval").click()
    page.get_by_role("link", name=NAME).click()
    page.get_by_role("link", name="Look at it and decide").click()
    page.get_by_label("Comment").fill("Kjør på, Désirée")
    page.get_by_role("button", name="Approve").click()
    page.get_by_text("Approved; sending begins within a minute.").wait_for()
    assert page.get_by_text("Kjør på, Désirée").is_visible()
    assert given(desktop.db) == [("approved", "åse", "desk", "Kjør på, Désirée")]


def test_declining_is_asked_once(desktop: Desktop) -> None:
    """Who says no to the question has declined nothing; who says yes has."""
    page, questions = desktop.open(PAGE), []

    def answered(dialog: Dialog) -> None:
        questions.append(dialog.message)
        if len(questions) == 1:
            dialog.dismiss()
        else:
            dialog.accept()

    page.on("dialog", answered)
    page.get_by_role("button", name="Decline").click()
    assert stands(desktop.db, NAME).status is MailingStatus.PAUSED
    page.get_by_role("button", name="Decline").click()
    page.get_by_text("Declined; it is under construction again.").wait_for()
    assert stands(desktop.db, NAME).status is MailingStatus.DRAFT
    assert len(questions) == 2
