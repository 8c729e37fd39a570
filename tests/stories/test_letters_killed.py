"""A printer killed at each of its effects: after the next run there is one PDF, with everybody in it once."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from mailings.content.word.office import NAMES
from mailings.db import Database
from mailings.settings import Settings
from tests.sending.world import statuses
from tests.stories.lettered import NAME, PEOPLE, bookmarks, furnish, into_word, printed, readers
from tests.transports.pdf_stage import must_print
from tests.warm import Warm

POINTS = [
    (seam, side, nth)
    for seam, nth in (("CLAIM", 2), ("HAND_OVER", 1), ("HAND_OVER", 2), ("ANSWER", 2), ("RECORD", 1), ("MERGE", 1), ("CLOSE", 1))
    for side in ("before", "after")
]


@pytest.fixture(autouse=True)
def can_print() -> None:
    """Skips, saying why, where letters cannot be printed."""
    must_print()


def killed(db: Database, place: Path, point: tuple[str, str, int]) -> None:
    """A process that prints, ended at the point."""
    environment = os.environ | {
        "MAILINGS_DATABASE_URL": db.url.render_as_string(hide_password=False),
        "MAILINGS_DOCUMENT_PATH": str(place),
        "MAILINGS_PDF_PROCESSES": "1",
    }
    words = ["-m", "tests.stories.lettered", *map(str, point)]
    with Warm(words, environment, cwd=place, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        told = process.communicate(timeout=300)
    assert process.returncode == -signal.SIGKILL, told


def all_there(db: Database, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run it to its end: one PDF, everybody once and in order, the books closed, no part left."""
    monkeypatch.setenv("MAILINGS_DOCUMENT_PATH", str(place))
    letters = printed(db, Settings(document_path=place))
    assert letters is not None
    assert [one.letters for one in letters.files] == [len(PEOPLE)]
    file = letters.folder / letters.files[0].pdf
    assert readers(file) == list(reversed(PEOPLE))
    assert [title for title, _ in bookmarks(file)] == list(reversed(PEOPLE))
    assert statuses(db, 1) == {"sent": len(PEOPLE)}
    assert not list((letters.folder / "parts").glob("*.json"))
    assert sorted(path.name for path in letters.folder.glob("*.pdf")) == [f"{NAME}.pdf"]


@pytest.mark.slow
@pytest.mark.parametrize("point", POINTS, ids=lambda point: f"{point[1]} {point[0]} {point[2]}")
def test_killed_and_run_again(db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, point: tuple[str, str, int]) -> None:
    """Wherever it is killed, the next run goes on with who is in no part, and makes one PDF of everybody."""
    furnish(db)
    killed(db, tmp_path, point)
    all_there(db, tmp_path, monkeypatch)


@pytest.mark.postgres
def test_killed_on_both_databases(any_db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed with a part on the disk that the database knows nothing of, it is believed, and nobody in it is printed again."""
    furnish(any_db)
    killed(any_db, tmp_path, ("HAND_OVER", "after", 1))
    assert statuses(any_db, 1)["sending"] > 0
    all_there(any_db, tmp_path, monkeypatch)


def test_killed_twice(db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed while it merges, and again while it closes, it still comes to one PDF."""
    furnish(db)
    killed(db, tmp_path, ("MERGE", "after", 1))
    killed(db, tmp_path, ("CLOSE", "before", 1))
    all_there(db, tmp_path, monkeypatch)


@pytest.mark.skipif(not any(map(shutil.which, NAMES)), reason="LibreOffice is not installed")
def test_killed_while_it_prints_word(db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed with a part on the disk whose index is not, and again with one that nobody recorded: everybody's Word letter is there once."""
    furnish(db)
    into_word(db)
    killed(db, tmp_path, ("HAND_OVER", "before", 1))
    assert statuses(db, 1)["sending"] > 0
    killed(db, tmp_path, ("HAND_OVER", "after", 2))
    all_there(db, tmp_path, monkeypatch)
