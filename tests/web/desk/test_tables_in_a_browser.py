"""Every table of the desk in a real browser, with the longest that servers and people write: nothing of it lies outside the screen."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser
from sqlalchemy import update

from mailings import clock
from mailings.db import Database
from mailings.model import AddressStanding, Delivery, DeliveryStatus, Person, Role
from mailings.settings import Settings
from tests.audience.people import company
from tests.servers.sink import free_port
from tests.web.browser import DESKTOP, PHONE, served
from tests.web.desk.everything import full
from tests.web.desk.listed import NAME
from tests.web.desk.seated import cookie_of, user
from web.app import make_app

pytestmark = pytest.mark.xdist_group("browser")
PAGES = [
    f"/mailings/{NAME}/bounces",
    f"/mailings/{NAME}/bounces?all=1",
    f"/mailings/{NAME}/recipients",
    f"/mailings/{NAME}/links",
    f"/mailings/{NAME}/reports",
    f"/mailings/{NAME}/recipients/5",
    "/bounces",
    "/bounces/complaints",
    "/mailings",
    "/compare",
    "/people",
    "/people?q=åse",
    "/people/5",
    "/erasing",
    "/selections",
    "/selections/1",
    "/projects",
    "/links",
    "/links/butikk",
    "/users",
    "/audit",
    "/forms",
    "/forms/havnedag",
    "/forms/havnedag/submissions",
    "/forms/havnedag/figures",
    "/submissions?only=all",
]
SAID = (
    "550-5.1.1 <https://support.fjord.test/mail/?p=NoSuchUserBlåbærsyltetøyOgAnnetSomErLangt0123456789abcdefghijklmnop> no such user here"
)
#: cells, and what stands in them, whose right edge lies outside the screen or outside what scrolls around them; by their text
OUTSIDE = """() => [...document.querySelectorAll("table th, table td")].filter(cell => cell.getClientRects().length
  && !cell.closest("details:not([open])")).flatMap(cell => {
  const edges = [cell, ...cell.querySelectorAll("*:not(.visually-hidden)")].map(el => el.getBoundingClientRect().right);
  const words = document.createRange();
  words.selectNodeContents(cell);
  const right = Math.max(...edges, cell.querySelector(".visually-hidden") ? 0 : words.getBoundingClientRect().right);
  const held = cell.closest(".scroll") || document.documentElement;
  const most = Math.min(innerWidth, held.getBoundingClientRect().right);
  return right > most + 1 ? [`${Math.round(right)} > ${Math.round(most)}: ${cell.innerText.slice(0, 40)}`] : [];
})"""


@pytest.fixture
def desk(db: Database) -> Iterator[tuple[str, dict[str, str]]]:
    """A desk with something on every page, long words from servers and long names among it; the cookie of who may see all."""
    full(db)
    with db.writing() as session:
        back = Delivery.status == DeliveryStatus.BOUNCED
        session.execute(update(Delivery).where(back).values(reason=SAID, code="550 5.1.1", cleaned_at=None))
        session.execute(update(Person).where(Person.name == "Åse bounced").values(name="Désirée van der IJssel-Bjørkåsen"))
        works_at = company(session, "Blåbærsyltetøyfabrikken Søndre Nordfjord AS").id
        session.execute(update(Person).values(company_id=works_at))
        long = "desiree.van.der.ijssel.bjorkasen.avdeling.for.innkjop@blabaersyltetoyfabrikken.fjord.test"
        session.add(
            AddressStanding(normal=long, bounces=9, last_bounce_at=clock.now(), last_bounce_code="550 5.1.1", last_bounce_reason=SAID)
        )
    port = free_port()
    settings = Settings(_env_file=None, public_url=f"http://127.0.0.1:{port}")
    secret, _ = user(db, Role.ADMIN, Role.SENDER)
    with served(make_app(db, settings), port) as address:
        yield f"{address}/desk", {"name": cookie_of(settings), "value": secret, "url": address}


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
@pytest.mark.parametrize("language", ["en-GB", "de-DE"])
def test_every_cell_is_on_the_screen(browser: Browser, desk: tuple[str, dict[str, str]], size: dict[str, int], language: str) -> None:
    """At 390 and at 1280 no cell of any table, nor a word in it, lies beyond the screen or is to be scrolled for."""
    context = browser.new_context(viewport=size, locale=language)
    context.add_cookies([desk[1]])  # type: ignore[list-item]
    page = context.new_page()
    page.set_default_timeout(60_000)
    outside, tables = [], 0
    for path in PAGES:
        answer = page.goto(desk[0] + path)
        assert answer is not None
        assert answer.ok, path
        tables += page.locator("table").count()
        outside += [f"{path}: {one}" for one in page.evaluate(OUTSIDE)]
    assert tables >= 15
    assert outside == []
