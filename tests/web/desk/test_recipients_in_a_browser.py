"""The whole round in a real browser: somebody bounced, the cause is shown, the address corrected, sent again, gone from the bounces."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from mailings.db import Database
from mailings.model import Delivery, DeliveryStatus, Recipient, Role
from mailings.settings import Settings
from tests.servers.sink import free_port
from tests.web.browser import DESKTOP, PHONE, served
from tests.web.desk.listed import NAME, more
from tests.web.desk.seated import cookie_of, user
from tests.web.desk.test_bounces import stopped
from web.app import make_app


@pytest.fixture
def desk(db: Database) -> Iterator[tuple[str, dict[str, str]]]:
    """Where the desk is, and the cookie of a sender."""
    more(db, stopped(db))
    port = free_port()
    settings = Settings(_env_file=None, public_url=f"http://127.0.0.1:{port}")
    secret, _ = user(db, Role.SENDER)
    with served(make_app(db, settings), port) as address:
        yield f"{address}/desk", {"name": cookie_of(settings), "value": secret, "url": address}


def opened(browser: Browser, desk: tuple[str, dict[str, str]], path: str, *, phone: bool = False, script: bool = True) -> Page:
    """A page of the desk in a window of its own."""
    context = browser.new_context(viewport=PHONE if phone else DESKTOP, java_script_enabled=script, locale="en-GB")
    context.add_cookies([desk[1]])  # type: ignore[list-item]
    page = context.new_page()
    page.set_default_timeout(60_000)
    page.goto(desk[0] + path)
    return page


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_a_bounce_is_dealt_with(db: Database, browser: Browser, desk: tuple[str, dict[str, str]], script: bool) -> None:
    """From the list of bounces to the corrected address and the message sent again, with scripts and without."""
    page = opened(browser, desk, f"/mailings/{NAME}/bounces", phone=not script, script=script)
    expect(page.get_by_text("No such mailbox")).to_be_visible()
    page.get_by_role("link", name="bounced@fjord.test").click()
    expect(page.get_by_text("mailbox reports: 550 no such user")).to_be_visible()
    page.get_by_label("The right address").fill("rett@fjord.test")
    page.get_by_role("button", name="Correct it").click()
    expect(page.get_by_text("You may send the mailing again")).to_be_visible()
    page.get_by_role("button", name="Send again").click()
    page.get_by_role("button", name="Send again to 1").click()
    expect(page.get_by_text("1 message is queued")).to_be_visible()
    page.get_by_role("link", name="Manage bounces").click()
    expect(page.get_by_role("link", name="Åse soft")).to_be_visible()
    expect(page.get_by_role("link", name="Åse bounced")).to_have_count(0)
    with db.reading() as session:
        again = session.scalars(select(Delivery).where(Delivery.again_of.is_not(None))).one()
        assert (again.status, session.get_one(Recipient, again.recipient_id).address) == (DeliveryStatus.QUEUED, "rett@fjord.test")


def test_a_question_before_what_cannot_be_undone(db: Database, browser: Browser, desk: tuple[str, dict[str, str]]) -> None:
    """Deleting addresses asks once: refused nothing happens, and all boxes of a page are ticked at once by the keyboard."""
    page = opened(browser, desk, f"/mailings/{NAME}/bounces")
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.message), dialog.dismiss()))
    page.get_by_label("Tick everybody on this page").focus()
    page.keyboard.press("Space")
    assert page.locator("input[name=id]:checked").count() == 2
    page.get_by_role("button", name="Delete e-mail addresses").click()
    assert asked == ["Delete the chosen e-mail addresses from the database for good? The people stay."]
    expect(page.get_by_role("link", name="Åse bounced")).to_be_visible()


def test_filters_on_a_phone(browser: Browser, desk: tuple[str, dict[str, str]]) -> None:
    """On a phone the list is cards that do not scroll sideways; filters and search work without scripts, too."""
    page = opened(browser, desk, f"/mailings/{NAME}/recipients", phone=True, script=False)
    for name in ("Sent", "Read by recipient", "Ready to send", "Blocked", "Recipient complained", "Failed, in doubt, cancelled"):
        page.get_by_role("checkbox", name=name).first.uncheck()
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_text("2 of 2 shown")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
