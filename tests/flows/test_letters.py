"""Letters printed by the flow as Prefect runs it: from HTML and from Word, one PDF, and the run's page that says where it lies."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import ArtifactFilter

from flows.send_mailing import send_mailing
from mailings.content.word.office import NAMES
from mailings.db import Database
from mailings.model import MailingStatus
from mailings.settings import Settings, settings
from tests.stories.lettered import NAME, PEOPLE, bookmarks, furnish, into_word, readers
from tests.transports.pdf_stage import must_print

pytestmark = [pytest.mark.prefect, pytest.mark.xdist_group("prefect"), pytest.mark.usefixtures("prefect_server")]


@pytest.fixture
def place(configured: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A folder of documents of an installation that lets one message a minute leave; skips, saying why, where nothing can be printed."""
    must_print()
    monkeypatch.setenv("MAILINGS_DOCUMENT_PATH", str(tmp_path / "documents"))
    monkeypatch.setenv("MAILINGS_RATE", "1")
    settings.cache_clear()
    return tmp_path / "documents"


def page_of_the_run() -> str:
    """The newest summary any run left of the mailing."""
    with get_client(sync_client=True) as client:
        found = client.read_artifacts(artifact_filter=ArtifactFilter.model_validate({"key": {"any_": ["arsbrev-summary"]}}))
    return str(max(found, key=lambda one: str(one.created)).data)


@pytest.mark.parametrize("kind", ["html", "word"])
def test_printed_by_a_run(db: Database, place: Path, kind: str) -> None:
    """Everybody is in the PDF once, at once though one message a minute may leave; the run's page names it, its size and the way to it."""
    furnish(db)
    if kind == "word":
        if not any(map(shutil.which, NAMES)):
            pytest.skip("LibreOffice is not installed")
        into_word(db)
    outcome = send_mailing(NAME)
    assert (outcome.status, outcome.problems) == (MailingStatus.SENT, [])
    pdf = place / NAME / f"{NAME}.pdf"
    assert readers(pdf) == [title for title, _ in bookmarks(pdf)] == list(reversed(PEOPLE))
    page = page_of_the_run()
    assert page.startswith(f"# {NAME} is sent\\: {len(PEOPLE)} letters printed for {len(PEOPLE)} recipients")
    assert f"{len(PEOPLE)} letters on {2 * len(PEOPLE)} pages" in page
    assert f"{NAME}.csv" in page.replace("\\", "")
    assert str(place / NAME) in page.replace("\\", "")
    assert "/desk/mailings/%C3%A5rsbrev)" in page.split("## Letters to print")[1].split("\n## ")[0]
