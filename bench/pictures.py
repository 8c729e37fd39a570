"""The pictures of Prefect's pages in docs/pictures/: a server, a worker, invented people, and a browser that looks.

python -m bench.pictures            all of them, in a minute or three; loopback only
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page, sync_playwright
from sqlalchemy import text

from mailings.clock import now
from mailings.db import connected
from mailings.model import AddressStanding, Base, MailingStatus
from tests.deployments.place import Place, installed
from tests.deployments.server import PREFECT, ROOT, served, told, until
from tests.web.browser import DESKTOP, FLAGS, a_browser

INTO = ROOT / "docs" / "pictures"
MOST = 150_000  # bytes of a picture


def main() -> None:
    """Make them all; says each as it is there."""
    folder = tempfile.TemporaryDirectory(prefix="mailings-pictures-", ignore_cleanup_errors=True)
    with folder as name, worked(Path(name)) as place, shown() as page:
        deployments(place, page)
        forms(place, page)
        progress(place, page)
        approval(place, page)


@contextmanager
def worked(folder: Path) -> Iterator[Place]:
    """An installation with a worker at a server that is deployed to."""
    made = connected(f"sqlite:///{folder}/tables.db")
    Base.metadata.create_all(made.engine)
    with made.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    (folder / "server").mkdir()
    with served(folder / "server") as server:
        told([sys.executable, "-m", "deployments.provision"], server.env)
        told([*PREFECT, "deploy", "--all"], server.env)
        place = Place(server, installed(folder / "hos-oss", folder / "tables.db"))
        worker = place.work()
        try:
            yield place
        finally:
            worker.terminate()
            worker.wait(30)


@contextmanager
def shown() -> Iterator[Page]:
    """A browser's page, of a screen as people have it."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(a_browser()), args=FLAGS)
        yield browser.new_page(viewport=DESKTOP, locale="en-GB", timezone_id="Europe/Oslo", color_scheme="light")
        browser.close()


def look(place: Place, page: Page, path: str, *waits: str) -> None:
    """Open a page of Prefect's and wait until it shows these words."""
    page.goto(place.server.env["PREFECT_API_URL"].removesuffix("/api") + f"/v2/{path}", wait_until="load")
    for words in waits:
        page.get_by_text(words).first.wait_for(timeout=60_000)


def keep(page: Page, name: str) -> None:
    """The picture, once what moves has come to rest; in fewer colours where it is large."""
    page.wait_for_timeout(1200)
    picture = page.screenshot(path=INTO / f"{name}.png", animations="disabled")
    print(f"docs/pictures/{name}.png  {len(picture):,} bytes{'  TOO LARGE' if len(picture) > MOST else ''}", flush=True)


def deployments(place: Place, page: Page) -> None:
    """All that a server runs for us."""
    look(place, page, "deployments", "send-mailing")
    keep(page, "run-deployments")


def number_of(place: Place, flow: str) -> str:
    """The id of a deployment."""
    return str(place.server.api.get(f"/deployments/name/{flow}/{flow}").json()["id"])


def forms(place: Place, page: Page) -> None:
    """What is filled in to send a mailing, and to send it again."""
    for flow, words in (("send-mailing", "Processes that send side by side"), ("resend-mailing", "Everybody who has not received it")):
        look(place, page, f"deployments/deployment/{number_of(place, flow)}/run", words)
        page.locator("textarea").first.fill("høst-nytt")
        page.mouse.move(640, 500)
        page.mouse.wheel(0, 200)
        keep(page, f"run-form-{flow.partition('-')[0]}")


def progress(place: Place, page: Page) -> None:
    """A run while it sends, and when it is over."""
    number = place.draft("høst-nytt", 3000, rate=4800.0)  # eighty a second: there is time to look
    with place.db.writing() as session:  # as lists are: some stand on it twice, some said no
        session.execute(text("UPDATE imported_row SET normal = (SELECT min(normal) FROM imported_row) WHERE row % 70 = 3"))
        for (said_no,) in session.execute(text("SELECT normal FROM imported_row WHERE row % 90 = 5")).all():
            session.add(AddressStanding(normal=said_no, blocked_at=now(), changed_at=now()))
    run = place.server.begin("send-mailing", mailing="høst-nytt", how={"batch_size": 40})
    place.until_sent(number, 1200)
    look(place, page, f"runs/flow-run/{run}?tab=Artifacts", "progress", "of 2,")
    page.wait_for_timeout(3000)  # the time line draws itself
    keep(page, "run-progress")
    place.until(number, MailingStatus.SENT)
    assert place.server.ends(run) == "COMPLETED"
    look(place, page, f"runs/flow-run/{run}?tab=TaskRuns", "sum up høst-nytt")
    page.wait_for_timeout(3000)
    keep(page, "run")
    (artifact,) = [each for each in place.server.found("artifacts", flow_runs={"id": {"any_": [run]}}) if each["key"].endswith("summary")]
    look(place, page, f"artifacts/artifact/{artifact['id']}")
    keep(page, "run-summary")


def approval(place: Place, page: Page) -> None:
    """A run that asks."""
    place.draft("til-godkjenning", 1200, approval={"above": 1000})
    run = place.server.begin("send-mailing", mailing="til-godkjenning")
    until(lambda: place.server.run(run)["state_name"] == "Suspended", what="a question")
    look(place, page, f"runs/flow-run/{run}")
    page.locator("button:has(svg.lucide-ellipsis-vertical)").first.click()  # the newer pages keep it in the run's menu
    page.get_by_role("menuitem", name="Resume").click()
    page.get_by_text("Your name").first.wait_for()
    keep(page, "run-approval")


if __name__ == "__main__":
    main()
