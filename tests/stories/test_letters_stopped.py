"""Letters stopped in the middle, by a person: paused, cancelled, Ctrl-C. What is printed counts once, the rest comes later."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from mailings import seams
from mailings.audience.copies import delete_mailing
from mailings.db import Database
from mailings.errors import NotAllowed
from mailings.model import Mailing
from mailings.seams import Seam
from mailings.sending import lifecycle
from mailings.sending.finding import mailing_named
from mailings.sending.printing import print_letters
from mailings.settings import Settings
from tests.deployments.server import until
from tests.sending.world import statuses
from tests.stories.conftest import Office, environment_of
from tests.stories.lettered import BATCH, NAME, PEOPLE, bookmarks, furnish, printed, readers
from tests.transports.pdf_stage import must_print

MANY = tuple(f"Åse Ødegård {n:04}" for n in range(700))  # seven parts: two or three are in hand when it is stopped


@pytest.fixture
def chosen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """An installation with a folder of documents; skips, saying why, where nothing can be printed."""
    must_print()
    monkeypatch.setenv("MAILINGS_DOCUMENT_PATH", str(tmp_path / "documents"))
    monkeypatch.setenv("MAILINGS_PDF_PROCESSES", "1")
    return Settings(document_path=tmp_path / "documents")


@contextmanager
def in_the_midst(db: Database, deed: Callable[[Session, Mailing], object]) -> Iterator[None]:
    """Once the first part is on the disk, somebody elsewhere does this to the mailing."""
    left = [deed]

    def watch(seam: Seam, at: str) -> None:
        if (seam, at) == (Seam.HAND_OVER, "after") and left:
            once = left.pop()
            with db.writing() as session:
                once(session, mailing_named(session, NAME))

    seams.watch(watch)
    try:
        yield
    finally:
        seams.unwatch(watch)
    assert not left


def everybody_once(chosen: Settings, people: tuple[str, ...]) -> None:
    """One PDF, and in it everybody, in order."""
    assert sorted(path.name for path in (chosen.document_path / NAME).glob("*.pdf")) == [f"{NAME}.pdf"]
    pdf = chosen.document_path / NAME / f"{NAME}.pdf"
    assert readers(pdf) == [title for title, _ in bookmarks(pdf)] == list(reversed(people))


def test_paused_and_resumed(db: Database, chosen: Settings) -> None:
    """Paused after the first part nothing is merged, and not everybody is printed; resumed it is one PDF with everybody once."""
    furnish(db)
    with in_the_midst(db, lambda _, mailing: lifecycle.pause(mailing)):
        assert printed(db, chosen) is None
    stopped = statuses(db, 1)
    assert BATCH <= stopped["sent"] < len(PEOPLE)
    assert stopped["sent"] + stopped["queued"] == len(PEOPLE)
    with db.writing() as session:
        lifecycle.resume(session, mailing_named(session, NAME))
    assert printed(db, chosen) is not None
    assert statuses(db, 1) == {"sent": len(PEOPLE)}
    everybody_once(chosen, PEOPLE)


def test_cancelled(db: Database, chosen: Settings) -> None:
    """Cancelled after the first part, what is printed can be had as a PDF, and is what the books call sent; asked again it is no other."""
    furnish(db)
    with in_the_midst(db, lifecycle.cancel):
        printed(db, chosen)
    found = statuses(db, 1)
    assert BATCH <= found["sent"] < len(PEOPLE)
    assert found["sent"] + found["cancelled"] == len(PEOPLE)
    for _ in range(2):
        letters = print_letters(db, NAME, chosen)
        assert ([one.letters for one in letters.files], letters.missing) == ([found["sent"]], 0)
    assert len(readers(letters.folder / letters.files[0].pdf)) == found["sent"]
    with db.writing() as session, pytest.raises(NotAllowed, match="are printed; it stays, for it says who had one"):
        delete_mailing(session, mailing_named(session, NAME))


def test_interrupted(db: Database, chosen: Settings, tmp_path: Path, server_url: str) -> None:
    """Ctrl-C while `mailings send` prints: what is in hand is printed and recorded; typed again it goes on, says where the PDF is."""
    furnish(db, MANY)
    folder = {"MAILINGS_DOCUMENT_PATH": str(chosen.document_path), "MAILINGS_PDF_PROCESSES": "1"}
    office = Office(tmp_path, db, environment_of(db, server_url) | folder)
    parts = chosen.document_path / NAME / "parts"
    with office.started("send", NAME) as running:
        until(lambda: list(parts.glob("*.json")) or running.poll() is not None, what="the first part")
        running.send_signal(signal.SIGINT)
        told = running.communicate(timeout=300)
    assert (running.returncode, "the same command goes on" in told[1]) == (130, True), told
    stopped = statuses(db, 1)
    assert set(stopped) == {"sent", "queued"}, stopped
    again = office.command("send", NAME)
    assert again.returncode == 0, again.stderr
    assert f"{NAME}.pdf ({len(MANY)} letters, {2 * len(MANY):,} pages)" in again.stderr
    assert statuses(db, 1) == {"sent": len(MANY)}
    everybody_once(chosen, MANY)
