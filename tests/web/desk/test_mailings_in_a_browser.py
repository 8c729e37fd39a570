"""The pages of mailings in Chromium, scripts running: readable by everybody, in one's own zone, numbers that move, questions asked."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Dialog, Page, expect
from sqlalchemy import select, update

from mailings import clock
from mailings.audience.folders import move
from mailings.db import Database
from mailings.model import Delivery, DeliveryStatus, Mailing, MailingStatus, Role
from mailings.reported import BounceKind, BounceWhy
from mailings.settings import Settings
from tests.consent.waiting import a_mailing, a_topic, queue
from tests.sending.fit import FROM, HTML, written
from tests.servers.sink import free_port
from tests.web.browser import DESKTOP, PHONE, faults, served
from tests.web.desk.fitting import FIT, stands
from tests.web.desk.seated import user
from web.app import make_app
from web.desk.at import cookie_of

pytestmark = pytest.mark.xdist_group("browser")
DRAFT, SENDING, SENT = "høst-nytt", "under-veis", "ut-og-lest"
OF_ONE = [f"/mailings/{DRAFT}", f"/mailings/{SENDING}", f"/mailings/{SENT}", f"/mailings/{SENT}/content", f"/mailings/{SENT}/reports"]
PAGES = ["/mailings", "/mailings?words=finnes+ikke", "/compare", *OF_ONE]


@dataclass
class Desktop:
    """A desk a browser reaches, somebody signed in. `said` = what browsers complained of, `asked` = what they asked for."""

    db: Database
    address: str
    browser: Browser
    cookie: tuple[str, str]
    said: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def open(self, path: str, size: str = "desktop", scheme: str = "light", locale: str = "en-GB", *, scripts: bool = True) -> Page:
        """A page in a window of its own, in Oslo."""
        told = {"viewport": {"desktop": DESKTOP, "phone": PHONE}[size], "color_scheme": scheme, "locale": locale}
        context = self.browser.new_context(timezone_id="Europe/Oslo", java_script_enabled=scripts, **told)
        context.add_cookies([{"name": self.cookie[0], "value": self.cookie[1], "url": self.address}])
        page = context.new_page()
        page.set_default_timeout(60_000)
        page.on("console", lambda message: self.said.append(message.text))
        page.on("pageerror", lambda error: self.said.append(str(error)))
        page.on("request", lambda request: self.asked.append(request.url))
        page.goto(f"{self.address}/desk{path}")
        return page


@pytest.fixture
def desktop(db: Database, browser: Browser) -> Iterator[Desktop]:
    """A draft that is fit to go, a mailing under way, and one that went out a day ago and was read."""
    written(db, subject="Høsten er her – tre ting i oktober")
    with db.writing() as session:
        topic = a_topic(session, "Nyheter")
        going = a_mailing(session, SENDING, topic, sender=FROM, html=HTML, subject="Underveis")
        for number in range(6):
            queue(session, going, f"å{number}@fjord.test", DeliveryStatus.SENT if number < 2 else DeliveryStatus.QUEUED)
        at = clock.now() - timedelta(days=1)
        gone = a_mailing(session, SENT, topic, sender=FROM, html=HTML, status=MailingStatus.SENT, started_at=at, finished_at=at)
        move(session, gone, "2026/høst")
        for number in range(8):
            delivery = queue(session, gone, f"é{number}@ijssel.test", DeliveryStatus.SENT)
            delivery.sent_at, delivery.opened_at = at, at + timedelta(hours=number) if number < 5 else None
        delivery.status, delivery.bounce, delivery.bounce_why = DeliveryStatus.BOUNCED, BounceKind.HARD, BounceWhy.MAILBOX
    port = free_port()
    settings = Settings(_env_file=None, public_url=f"http://127.0.0.1:{port}", company_name="Fjord & Søn", **FIT)
    with served(make_app(db, settings), port) as address:
        there = Desktop(db, address, browser, (cookie_of(settings), user(db, Role.SENDER)[0]))
        yield there
        for context in browser.contexts:
            context.close()


def wrong(page: Page) -> list[str]:
    """What is wrong with the page, with all its parts unfolded. Links of a table may be 24 pixels high (WCAG 2.5.8), not 44."""
    page.evaluate("document.querySelectorAll('details').forEach(part => part.open = true)")
    small = (
        "() => [...document.querySelectorAll('a, button')].filter(el => el.offsetParent && el.getBoundingClientRect().height < 16).length"
    )
    return [fault for fault in faults(page) if "too small to touch" not in fault] + ["too small"] * int(page.evaluate(small))


@pytest.mark.parametrize(
    ("size", "scheme", "locale"), [("phone", "light", "nb"), ("phone", "dark", "de"), ("desktop", "light", "nl"), ("desktop", "dark", "en")]
)
def test_every_page_can_be_read_by_everybody(desktop: Desktop, tmp_path: Path, size: str, scheme: str, locale: str) -> None:
    """Language, labels, contrast, one heading, nothing wider than the screen; nothing from elsewhere, and no complaint of the policy."""
    page, found = desktop.open("/mailings", size, scheme, locale), []
    for number, path in enumerate(PAGES):
        page.goto(f"{desktop.address}/desk{path}")
        page.screenshot(path=tmp_path / f"{number}-{size}-{scheme}.png", full_page=True)
        found += [f"{path}: {fault}" for fault in wrong(page)]
    assert "\n".join(found) == ""
    assert desktop.said == []
    assert all(url.startswith((desktop.address, "data:")) for url in desktop.asked)


def test_charts_stand_in_the_page_and_tell_their_numbers(desktop: Desktop) -> None:
    """Four drawings; hovering tells, for each mark holds its own title; the same numbers stand in a table."""
    page = desktop.open(f"/mailings/{SENT}/reports")
    page.locator(".chart svg").nth(3).wait_for()
    assert page.locator(".chart svg").count() == 4
    assert page.locator(".chart svg title").count() > 4
    page.get_by_text("As numbers").nth(0).click()
    assert desktop.said == []


def test_a_moment_is_asked_for_and_shown_in_ones_own_zone(desktop: Desktop) -> None:
    """The form says Europe/Oslo, and half past nine there is half past eight UTC in winter; the page shows half past nine."""
    page = desktop.open(f"/mailings/{DRAFT}")
    assert page.get_by_text("(Europe/Oslo)").is_visible()
    year = clock.now().year + 1
    page.get_by_label("Day and time").fill(f"{year}-01-15T09:30")
    page.get_by_role("button", name="Schedule", exact=True).click()
    page.get_by_text("This mailing is scheduled").wait_for()
    assert stands(desktop.db, DRAFT).scheduled_at == datetime(year, 1, 15, 8, 30, tzinfo=UTC)
    expect(page.get_by_label("Day and time")).to_have_value(f"{year}-01-15T09:30")
    expect(page.get_by_text(f"15 Jan {year}, 09:30").first).to_be_visible()


def test_all_of_it_works_without_scripts(desktop: Desktop) -> None:
    """Charts are pictures, numbers are right on reload, and the form asks for UTC and says so."""
    page = desktop.open(f"/mailings/{SENT}/reports", scripts=False)
    for picture in page.locator("img.chart").all():
        assert picture.evaluate("picture => picture.complete && picture.naturalWidth > 100")
    assert page.locator("img.chart").count() == 4
    page.goto(f"{desktop.address}/desk/mailings/{SENDING}")
    assert page.get_by_text("2 of 6").is_visible()
    page.goto(f"{desktop.address}/desk/mailings/{DRAFT}")
    assert page.get_by_text("(UTC)").is_visible()
    year = clock.now().year + 1
    page.get_by_label("Day and time").fill(f"{year}-07-15T09:30")
    page.get_by_role("button", name="Schedule", exact=True).click()
    page.get_by_text(f"Scheduled for 15 Jul {year} 09:30 UTC.").wait_for()
    assert stands(desktop.db, DRAFT).scheduled_at == datetime(year, 7, 15, 9, 30, tzinfo=UTC)


def test_what_cannot_be_undone_is_asked_once(desktop: Desktop) -> None:
    """Stop for good asks; who says no has stopped nothing, who says yes has."""
    page, questions = desktop.open(f"/mailings/{SENDING}"), []

    def answer(dialog: Dialog) -> None:
        questions.append(dialog.message)
        if len(questions) == 1:
            dialog.dismiss()
        else:
            dialog.accept()

    page.on("dialog", answer)
    page.get_by_text("More").click()
    page.get_by_role("button", name="Stop for good").click()
    assert stands(desktop.db, SENDING).status is MailingStatus.SENDING
    page.get_by_role("button", name="Stop for good").click()
    page.get_by_text("Stopped for good; what waited is not sent.").wait_for()
    assert stands(desktop.db, SENDING).status is MailingStatus.CANCELLED
    assert len(questions) == 2


def test_numbers_move_before_ones_eyes(desktop: Desktop) -> None:
    """Without touching anything: 2 of 6, then 3 of 6; and when it is sent, the page says so."""
    page = desktop.open(f"/mailings/{SENDING}")
    page.get_by_text("2 of 6").wait_for()
    with desktop.db.writing() as session:
        first = session.scalars(select(Delivery).where(Delivery.status == DeliveryStatus.QUEUED).order_by(Delivery.id)).first()
        assert first
        first.status = DeliveryStatus.SENT
    page.get_by_text("3 of 6").wait_for()
    with desktop.db.writing() as session:
        session.execute(update(Mailing).where(Mailing.name == SENDING).values(status=MailingStatus.SENT))
    page.locator("main .badge.sent").wait_for()
    assert page.locator(".live").count() == 0
    assert desktop.said == []


def test_the_list_is_searched_while_one_types(desktop: Desktop) -> None:
    """The rows change under the words, the address with them, and the field keeps the focus."""
    page = desktop.open("/mailings")
    page.get_by_label("Name or subject").type("HØSTEN")
    page.get_by_role("link", name=SENDING).wait_for(state="detached")
    expect(page.get_by_role("link", name=DRAFT)).to_be_visible()
    expect(page).to_have_url(re.compile("words="))
    assert page.evaluate("document.activeElement.id") == "words"
