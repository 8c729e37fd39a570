"""What readers do on the pages, in Chromium with scripts switched off: by keyboard alone, in few steps, in their language."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from mailings.model import Basis, Consent, OptOut, Topic
from mailings.tokens import Kind
from tests.web.browser import PHONE, Site

pytestmark = pytest.mark.xdist_group("browser")


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
