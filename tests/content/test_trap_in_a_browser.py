"""The trap in a real browser: it takes no room, the keyboard passes it by, and a screen reader is not told of it."""

from __future__ import annotations

import json

from playwright.sync_api import Page

from mailings.content.quoting import Bare
from tests.content.reference import BASE_ADDRESS, compiled
from tests.content.test_trap import trapped
from tests.web.browser import chromium

BODY = '<p>Kjære leser</p><p><a href="https://acme.test/offer">Blåbærtur</a></p><p>Hilsen oss</p>'


def laid_out(page: Page, html: str) -> tuple[list[float], set[str], str]:
    """The size of the page, the links that Tab comes to, and what a screen reader is told."""
    page.set_content(html)
    reached = set()
    for _ in range(6):
        page.keyboard.press("Tab")
        reached.add(str(page.evaluate("document.activeElement.href || ''")))
    size = page.evaluate("[document.body.scrollHeight, document.body.scrollWidth, document.body.offsetHeight]")
    told = page.context.new_cdp_session(page).send("Accessibility.getFullAXTree")["nodes"]
    spoken = [(node["role"]["value"], node.get("name", {}).get("value")) for node in told if not node["ignored"]]
    return size, reached - {""}, json.dumps(spoken)


def test_nobody_is_shown_it() -> None:
    """With the trap the page is as large, speaks the same words and has the same links to come to as without it."""
    html = compiled(trapped(f"<html><body>{BODY}</body></html>\n"), {}, Bare())
    without = html.replace(html[html.index('<a href="' + BASE_ADDRESS + "0") : html.index("</body>")], "")
    with chromium() as browser:
        seen, plain = laid_out(browser.new_page(), html), laid_out(browser.new_page(), without)
    assert seen == plain
    assert seen[1] == {f"{BASE_ADDRESS}1"}
    assert "Bl" in seen[2]
