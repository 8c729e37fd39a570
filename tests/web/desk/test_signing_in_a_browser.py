"""Signing in with a real browser: by hand, without scripts, on a phone and in the dark; and what it sends along with our forms."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from mailings.db import Database
from mailings.model import Role
from mailings.settings import Settings
from tests.servers.sink import free_port
from tests.web.browser import chromium, faults, served
from tests.web.desk.arriving import PASSWORD, a_user
from web.app import make_app


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for the tests of this file."""
    with chromium() as opened:
        yield opened


@pytest.fixture
def desk(db: Database) -> Iterator[str]:
    """Where a desk stands, with Åse the administrator."""
    a_user(db, "åse", Role.ADMIN, full_name="Åse Ødegård")
    port = free_port()
    app = make_app(db, Settings(_env_file=None, public_url=f"http://127.0.0.1:{port}", company_name="Vindheim"))  # type: ignore[call-arg]
    with served(app, port) as address:
        yield f"{address}/desk"


def _sign_in(page: Page, desk: str, to: str) -> None:
    page.goto(desk + to)
    page.get_by_label("User name").fill("åse")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


@pytest.mark.parametrize("scripts", [True, False])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_in_and_out_again(browser: Browser, desk: str, scripts: bool, scheme: str) -> None:
    """The page where one signs in has no fault, leads to where one was going, and signing out leads back to it."""
    size = {"width": 390, "height": 844}
    context = browser.new_context(viewport=size, color_scheme=scheme, java_script_enabled=scripts, locale="en-GB")  # type: ignore[arg-type]
    page = context.new_page()
    page.set_default_timeout(60_000)
    page.goto(f"{desk}/me")
    assert faults(page) == []
    _sign_in(page, desk, "/me")
    assert page.url == f"{desk}/me"
    page.get_by_label("Language of the desk").select_option("no")
    page.get_by_role("button", name="Save").click()
    assert page.get_by_role("status").inner_text() == "Lagret."
    page.get_by_role("button", name="Logg ut", exact=True).click()
    assert page.url == f"{desk}/sign-in"
    page.goto(f"{desk}/me")
    assert "sign-in" in page.url
    context.close()


def test_what_cannot_be_undone_is_asked_once(browser: Browser, desk: str, db: Database) -> None:
    """Disabling somebody asks; no leaves everything as it was, yes does it."""
    a_user(db, "bo")
    page = browser.new_page(locale="en-GB")
    page.set_default_timeout(60_000)
    _sign_in(page, desk, "/users/bo")
    asked: list[str] = []
    page.once("dialog", lambda dialog: (asked.append(dialog.message), dialog.dismiss()))
    page.get_by_role("button", name="Disable").click()
    assert page.locator(".badge", has_text="active").count() == 1
    page.once("dialog", lambda dialog: (asked.append(dialog.message), dialog.accept()))
    page.get_by_role("button", name="Disable").click()
    page.get_by_text("signed out everywhere").wait_for()
    assert asked == ["Disable bo? They are signed out at once."] * 2
    page.close()
