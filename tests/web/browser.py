"""A real browser at a real door: Chromium without scripts, against uvicorn on loopback; and what an accessible page must have."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread

import pytest
import uvicorn
from fastapi import FastAPI
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.web.readers import Readers

CHROMIUM = Path("/usr/bin/chromium")
#: the same without a window, which nobody would see: a third of the time to begin, and for a page
WINDOWLESS = Path("/usr/bin/chromium-headless-shell")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"]
PHONE, DESKTOP = {"width": 390, "height": 844}, {"width": 1280, "height": 800}

#: what is wrong with a page, as sentences: WCAG 2.2 A and AA as far as a program can tell
FAULTS = """() => {
  const faults = [], say = (what, el) => faults.push(what + ": " + (el ? el.outerHTML.slice(0, 90) : ""));
  if (!document.documentElement.lang) say("no language");
  if (!document.title.trim()) say("no title");
  if (document.querySelectorAll("h1").length !== 1) say("not exactly one h1");
  if (document.querySelectorAll("main").length !== 1) say("not exactly one main");
  if (document.documentElement.scrollWidth > innerWidth) say("scrolls sideways");
  const ids = [...document.querySelectorAll("[id]")].map(el => el.id);
  if (new Set(ids).size !== ids.length) say("an id twice");
  for (const el of document.querySelectorAll("[aria-describedby],[aria-labelledby]"))
    for (const id of (el.getAttribute("aria-describedby") || el.getAttribute("aria-labelledby")).split(" "))
      if (!document.getElementById(id)) say("refers to nothing", el);
  for (const el of document.querySelectorAll("img")) if (!el.hasAttribute("alt")) say("no alt", el);
  const there = el => el.getClientRects().length > 0;
  const touched = el => { const box = el.getBoundingClientRect(); return box.height >= 44 && box.width >= 44; };
  for (const el of [...document.querySelectorAll("input:not([type=hidden]),select,textarea")].filter(there)) {
    if (!el.labels.length || !el.labels[0].innerText.trim()) say("no label", el);
    if (el.labels[0] && !touched(el) && !touched(el.labels[0])) say("too small to touch", el);
  }
  for (const el of [...document.querySelectorAll("a,button")].filter(there)) {
    const box = el.getBoundingClientRect();
    if (!el.innerText.trim()) say("says nothing", el);
    if (box.height < 44 || box.width < 44) say("too small to touch", el);
  }
  for (const el of document.querySelectorAll("ul,fieldset")) if (!el.children.length) say("empty", el);
  for (const el of document.querySelectorAll("fieldset")) if (!el.querySelector("legend")) say("no legend", el);
  const parts = colour => { const n = colour.match(/[\\d.]+/g).map(Number); return n.length < 4 ? [...n, 1] : n; };
  const light = ([r, g, b]) => [r, g, b].map(c => c / 255).map(c => c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = el => {
    for (; el; el = el.parentElement) { const c = parts(getComputedStyle(el).backgroundColor); if (c[3] === 1) return c; }
    return [255, 255, 255];
  };
  const ratio = (a, b) => { const [x, y] = [light(a), light(b)].sort((p, q) => q - p); return (x + 0.05) / (y + 0.05); };
  for (const el of document.querySelectorAll("body *")) {
    if (![...el.childNodes].some(n => n.nodeType === 3 && n.textContent.trim())) continue;
    const style = getComputedStyle(el), size = parseFloat(style.fontSize), bold = parseInt(style.fontWeight) >= 700;
    const found = ratio(parts(style.color), ground(el)), least = size >= 24 || (bold && size >= 18.66) ? 3 : 4.5;
    if (found < least) say("contrast " + found.toFixed(2), el);
  }
  for (const el of document.querySelectorAll("input.switch")) {
    const found = ratio(parts(getComputedStyle(el).backgroundColor), ground(el.parentElement));
    if (found < 3) say("contrast " + found.toFixed(2), el);
  }
  return faults;
}"""


@dataclass
class Site:
    """The door as a browser reaches it."""

    address: str
    there: Readers
    browser: Browser

    def open(self, path: str, size: str = "phone", scheme: str = "light") -> Page:
        """A page in a fresh window, without scripts."""
        sizes = {"phone": PHONE, "desktop": DESKTOP}
        context = self.browser.new_context(viewport=sizes[size], color_scheme=scheme, java_script_enabled=False, locale="en-GB")
        page = context.new_page()
        page.set_default_timeout(60_000)
        page.goto(self.address + path)
        return page


def a_browser() -> Path | None:
    """The browser of this machine."""
    return next((path for path in (WINDOWLESS, CHROMIUM) if path.exists()), None)


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser; skips, saying so, where there is none."""
    if (found := a_browser()) is None:
        pytest.skip("Chromium is not installed: the tests in a browser are left out")
    expect.set_options(timeout=60_000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(found), args=FLAGS, timeout=120_000)
        yield browser
        browser.close()


@contextmanager
def served(app: FastAPI, port: int) -> Iterator[str]:
    """The application behind uvicorn; where it is."""
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="warning"))
    ready = Thread(target=server.run, daemon=True)
    ready.start()
    while not server.started and ready.is_alive():
        ready.join(0.02)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        ready.join()


def faults(page: Page) -> list[str]:
    """What is wrong with the page, once it is all there."""
    page.wait_for_load_state()
    return [f"{page.url}: {fault}" for fault in page.evaluate(FAULTS)]
