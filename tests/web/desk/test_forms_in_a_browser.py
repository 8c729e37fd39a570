"""From a form on the web to its answer, in Chromium: filled in by a stranger, processed at the desk; and the desk's pages of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Dialog

from mailings.db import Database
from mailings.forms.keys import FASTEST
from mailings.model import Role, SubmissionStatus
from mailings.settings import Settings
from tests.audience.people import person
from tests.forms.sent import NAME, pushed
from tests.sending.answered import FIELDS, deliveries, furnished
from tests.servers.sink import free_port
from tests.web.browser import served
from tests.web.desk import sent_in
from tests.web.desk.fitting import FIT
from tests.web.desk.seated import user
from tests.web.desk.test_mailings_in_a_browser import Desktop, wrong
from web.app import make_app
from web.desk.cookies import cookie_of

pytestmark = pytest.mark.xdist_group("browser")
PAGES = ["/forms", "/forms/havnedag", "/forms/havnedag/submissions", "/forms/havnedag/figures", "/submissions", "/submissions/1"]


@pytest.fixture
def desktop(db: Database, browser: Browser, tmp_path: Path) -> Iterator[Desktop]:
    """A form that is processed by hand and answered, another with submissions in every state, and a sender at the desk."""
    furnished(db, tmp_path)
    pushed(db, tmp_path / "by-hand", FIELDS, response="takk", mode="manual")
    with db.writing() as session:
        sent_in.in_every_state(session)
        person(session, "Åse Ødegård", "annen@fjord.test")
    port = free_port()
    settings = Settings(_env_file=None, public_url=f"http://127.0.0.1:{port}", company_name="Fjord & Søn", dns="127.0.0.1:9", **FIT)
    with served(make_app(db, settings), port) as address:
        yield Desktop(db, address, browser, (cookie_of(settings), user(db, Role.SENDER)[0]))
        for context in browser.contexts:
            context.close()


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
def test_from_a_form_to_its_answer(desktop: Desktop, scripts: bool) -> None:
    """What a stranger sends waits at the desk and is answered by nobody; once it is processed for somebody, the response is queued."""
    visit = desktop.open("/../f/" + NAME, "phone", scripts=scripts)
    visit.locator("[name=field_name]").fill("Désirée van der IJssel")
    visit.locator("[name=field_email]").fill("desiree@ijssel.test")
    visit.wait_for_timeout(FASTEST * 1000 + 500)  # nobody is faster than that, and who is has to send it again
    visit.locator("main form button").last.click()
    visit.locator("[name=field_email]").wait_for(state="detached")
    assert deliveries(desktop.db) == []
    page = desktop.open("/forms", scripts=scripts)
    page.get_by_role("link", name="3 submissions wait").click()
    page.get_by_role("link", name="desiree@ijssel.test").first.click()
    page.get_by_label("Name or e-mail address").fill("Åse")
    page.get_by_role("button", name="Search").click()
    assert page.get_by_label("Åse Ødegård").is_checked()
    page.get_by_label("A new person").check()
    page.get_by_role("button", name="Process", exact=True).click()
    page.get_by_text("The submission is processed.").wait_for()
    assert page.get_by_text("Made a new person.").is_visible()
    assert page.get_by_text("takk answers.").is_visible()
    ((status, submission, _),) = deliveries(desktop.db)
    assert (status, page.url.rsplit("/", 1)[1]) == ("queued", str(submission))


@pytest.mark.parametrize(("size", "scheme", "locale"), [("phone", "dark", "de"), ("phone", "light", "nb"), ("desktop", "light", "nl")])
def test_read_by_everybody(desktop: Desktop, size: str, scheme: str, locale: str) -> None:
    """Language, labels, contrast, one heading, nothing wider than the screen; the policy does not complain."""
    page, found = desktop.open("/forms", size, scheme, locale), []
    for path in PAGES:
        page.goto(f"{desktop.address}/desk{path}")
        found += [f"{path}: {fault}" for fault in wrong(page)]
    assert "\n".join(found) == ""
    assert desktop.said == []


def test_deleting_is_asked_once(desktop: Desktop) -> None:
    """Who says no to the question has deleted nothing; who says yes has."""
    page, answers = desktop.open("/submissions/1"), [False, True]

    def answered(dialog: Dialog) -> None:
        """No at first, then yes."""
        if answers.pop(0):
            dialog.accept()
        else:
            dialog.dismiss()

    page.on("dialog", answered)
    page.get_by_role("button", name="Delete this submission").click()
    assert sent_in.one_of(desktop.db, 1).status is SubmissionStatus.SUBMITTED
    page.get_by_role("button", name="Delete this submission").click()
    page.get_by_text("The submission is deleted.").wait_for()
    assert answers == []
