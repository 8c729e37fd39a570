"""The pictures of newsletter, letters, text messages and forms in docs/pictures/, made from the demo: a PDF, a door, a browser that looks.

python -m bench.pictures_demo            all of them, in two minutes; loopback only
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import httpx
from playwright.sync_api import Browser, Page, sync_playwright

from bench.pictures import INTO, MOST
from tests.deployments.server import until
from tests.web.browser import DESKTOP, FLAGS, PHONE, a_browser, free_port

PEOPLE = "1000"


def main() -> None:
    """Make them all; says each as it is there."""
    with tempfile.TemporaryDirectory(prefix="mailings-pictures-", ignore_cleanup_errors=True) as name:
        told = command(Path(name), "demo", "--people", PEOPLE, "--dir", "demo")
        password = re.findall(r"shown this once: (\S+)", told)[0]
        place = Path(name) / "demo"
        letter(place)
        with door(place) as address, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=str(a_browser()), args=FLAGS)
            on_a_phone(browser, address, place)
            at_the_desk(browser, address, password)
            browser.close()


def environment() -> dict[str, str]:
    """What commands are told: nothing of this machine's own installation."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("MAILINGS_", "PREFECT_"))}
    return kept | {"PREFECT_SERVER_ANALYTICS_ENABLED": "false", "DO_NOT_TRACK": "1", "COLUMNS": "110"}


def command(folder: Path, *words: str) -> str:
    """A command run to its end; what it printed."""
    ran = subprocess.run(
        [sys.executable, "-m", "cli.main", *words], cwd=folder, env=environment(), capture_output=True, text=True, timeout=300, check=True
    )
    return ran.stdout


@contextmanager
def door(folder: Path) -> Iterator[str]:
    """The web door of the demo, for the block."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    words = [sys.executable, "-m", "cli.main", "serve", "--port", str(port)]
    with subprocess.Popen(words, cwd=folder, env=environment() | {"MAILINGS_PUBLIC_URL": address}, stdout=-3, stderr=-3) as serving:
        try:
            until(lambda: answers(address), what="the door")
            yield address
        finally:
            serving.terminate()


def answers(address: str) -> bool:
    """Whether somebody listens there."""
    try:
        return httpx.get(f"{address}/f/hut-weekend", timeout=5).status_code < 500
    except httpx.TransportError:
        return False


def letter(place: Path) -> None:
    """The first page of the letters."""
    (pdf,) = (place / "var/documents").rglob("*.pdf")
    words = ["pdftoppm", "-png", "-r", "72", "-f", "1", "-l", "1", "-singlefile", str(pdf), str(INTO / "letter")]
    subprocess.run(words, check=True, timeout=60)
    told("letter")


def on_a_phone(browser: Browser, address: str, place: Path) -> None:
    """The newsletter in a browser, the form as visitors see it, and the answer to it."""
    messages = [read(file) for file in (place / "var/outbox/new").iterdir()]
    news = next(one for one in messages if "See it in your browser" in one.get_body(("html",)).get_content())
    online = re.findall(r'https?://[^/"]+(/v/[^"]+)"', news.get_body(("html",)).get_content())[0]
    page = browser.new_page(viewport=PHONE, color_scheme="light")
    page.goto(address + online, wait_until="load")
    keep(page, "newsletter")
    page = browser.new_page(viewport=PHONE, locale="nb-NO", color_scheme="light")
    page.goto(f"{address}/f/hut-weekend")
    keep(page, "form")
    (answer,) = (one for one in messages if "Vi ses" in one["Subject"])
    page = browser.new_page(viewport=PHONE, color_scheme="light")  # one that no door's policy holds for
    page.set_content(answer.get_body(("html",)).get_content())
    keep(page, "form-answer")


def at_the_desk(browser: Browser, address: str, password: str) -> None:
    """What came by the form, one of them, and the text messages."""
    page = browser.new_page(viewport=DESKTOP, locale="en-GB", timezone_id="Europe/Oslo", color_scheme="light")
    page.goto(f"{address}/desk")
    page.get_by_label("User name").fill("demo")
    page.get_by_label("Password", exact=True).fill(password)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "sign-in" not in url)
    page.wait_for_load_state("networkidle")
    for path, name in (("submissions/1", "desk-submission"), ("mailings/hut-text", "desk-texts")):
        page.goto(f"{address}/desk/{path}")
        keep(page, name)


def read(file: Path) -> object:
    """A message of the outbox."""
    return message_from_bytes(file.read_bytes(), policy=default)


def keep(page: Page, name: str) -> None:
    """The picture, once what moves has come to rest."""
    page.wait_for_timeout(600)
    page.screenshot(path=INTO / f"{name}.png", animations="disabled")
    told(name)


def told(name: str) -> None:
    """Say that it is there, and how large."""
    size = (INTO / f"{name}.png").stat().st_size
    print(f"docs/pictures/{name}.png  {size:,} bytes{'  TOO LARGE' if size > MOST else ''}", flush=True)


if __name__ == "__main__":
    main()
