"""A report by Prefect: files that open, a page of the run with the same figures, refusals in one sentence."""

from __future__ import annotations

import re
import stat
from base64 import b64decode
from pathlib import Path

import pytest
from openpyxl import load_workbook
from prefect.client.orchestration import get_client
from pydantic import ValidationError

from flows.report_mailing import report_mailing
from mailings.db import Database
from mailings.errors import NotAllowed, NotFound
from mailings.model import Mailing
from mailings.settings import Settings, settings
from tasks.parameters_reporting import WhatToReport
from tests.reports.read_back import Figures, a_mailing

pytestmark = [pytest.mark.prefect, pytest.mark.xdist_group("prefect"), pytest.mark.usefixtures("prefect_server")]


@pytest.fixture
def place(configured: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of reports, which is not there yet."""
    monkeypatch.setenv("MAILINGS_REPORTS_PATH", "ut/rapporter")
    settings.cache_clear()
    return tmp_path / "ut" / "rapporter"


def shown(key: str) -> str:
    """The newest page under the key that a run published."""
    with get_client(sync_client=True) as client:
        pages = [artifact for artifact in client.read_artifacts() if artifact.key == key]
    return str(max(pages, key=lambda page: str(page.created)).data)


def test_figures_on_a_page_and_in_files(db: Database, place: Path) -> None:
    """Workbook, page and the run's page tell the same of the same mailing; the picture is one, and nobody is named on the run's page."""
    a_mailing(db)
    told = report_mailing("høst-nytt")
    assert told == {"mailing": "høst-nytt", "files": [str(place / f"høst-nytt-report.{kind}") for kind in ("xlsx", "html")]}
    book = load_workbook(place / "høst-nytt-report.xlsx")
    assert book.sheetnames == ["Summary", "Recipients", "Links", "Bounces", "Hours"]
    assert any("@fjord.test" in str(row[1]) for row in book["Recipients"].iter_rows(values_only=True))
    tables = Figures((place / "høst-nytt-report.html").read_text(encoding="utf-8")).tables
    page = shown("host-nytt-report")
    assert "| Opened | 4 | 57.14 % of those delivered |" in page
    assert any("57.14 %" in cell for row in tables["figures"] for cell in row)
    picture = re.search(r"!\[Recipients by status\]\(data:image/svg\+xml;base64,([^)]+)\)", page)
    assert picture
    assert b64decode(picture[1]).startswith(b"<svg ")
    assert "(http://127.0.0.1:8600/desk/mailings/h%C3%B8st-nytt/reports)" in page
    assert "@" not in page


def test_nothing_but_the_page_of_the_run(db: Database, place: Path) -> None:
    """Without files there is no folder either; the page is there all the same, in the language asked for."""
    a_mailing(db)
    assert report_mailing("høst-nytt", WhatToReport(workbook=False, page=False, language="nl"))["files"] == []
    assert not place.exists()
    page = shown("host-nytt-report")
    assert "| Geopend | 4 | 57,14 % van wat is afgeleverd |" in page
    assert "Bestanden" not in page


def test_for_its_owner_alone(db: Database, place: Path) -> None:
    """Who got what is in the files: a run makes them, and the folder they are in, for its own user; one that is there stays as it was."""
    a_mailing(db)
    report_mailing("høst-nytt")
    assert {stat.S_IMODE(file.stat().st_mode) for file in place.iterdir()} == {0o600}
    assert stat.S_IMODE(place.stat().st_mode) == 0o700
    place.chmod(0o750)
    report_mailing("høst-nytt", WhatToReport(workbook=False))
    assert stat.S_IMODE(place.stat().st_mode) == 0o750


def test_written_anew(db: Database, place: Path) -> None:
    """A second run replaces what the first wrote, and leaves nothing half written beside it; a long name is cut, not refused."""
    mailing_id = a_mailing(db)
    report_mailing("høst-nytt", WhatToReport(workbook=False))
    report_mailing("høst-nytt", WhatToReport(workbook=False, language="da"))
    assert [path.name for path in place.iterdir()] == ["høst-nytt-report.html"]
    assert 'lang="da"' in (place / "høst-nytt-report.html").read_text(encoding="utf-8")
    with db.writing() as session:
        session.get_one(Mailing, mailing_id).name = "ø" * 255
    report_mailing("ø" * 255, WhatToReport(workbook=False))
    assert f"{'ø' * 40}-{mailing_id}-report.html" in {path.name for path in place.iterdir()}


def test_refused_in_a_sentence(db: Database, place: Path) -> None:
    """A name that is nobody's, a folder that cannot be made, a language there is not: said, and nothing is written."""
    a_mailing(db)
    with pytest.raises(NotFound, match="vår-nytt"):
        report_mailing("vår-nytt")
    place.parent.write_text("a file is in the way", encoding="utf-8")
    with pytest.raises(NotAllowed, match="choose another place with MAILINGS_REPORTS_PATH"):
        report_mailing("høst-nytt")
    with pytest.raises(ValidationError, match="language"):
        WhatToReport.model_validate({"language": "fi"})
