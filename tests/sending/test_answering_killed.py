"""Killed while a submission is processed with its answer, or its person erased: one answer afterwards, or none; nobody is lost."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select

from mailings.db import Database
from mailings.forms.processing import process
from mailings.model import Submission, SubmissionStatus
from mailings.people.erasing import erase
from tests.dying import killed
from tests.forms.sent import SETTINGS, people, pushed, send
from tests.sending.answered import FIELDS, deliveries, furnished, look

BY_ITSELF = """
from tests.forms.sent import send
send(database, key="the page's own")
"""
BY_SOMEBODY = """
from mailings.forms.processing import process
from tests.forms.sent import SETTINGS
with database.writing() as session:
    process(session, 1, "kari", SETTINGS)
"""
SEAMS = [("QUEUE", "before"), ("QUEUE", "after"), ("COMMIT", "before"), ("COMMIT", "after")]


@pytest.mark.parametrize(("seam", "side"), SEAMS)
def test_killed_as_it_is_sent(any_db: Database, tmp_path: Path, seam: str, side: str) -> None:
    """Before the commit nothing of it is there, after it all; the page sent again brings one submission, and one answer goes out."""
    furnished(any_db, tmp_path)
    killed(any_db, BY_ITSELF, seam, side)
    assert len(deliveries(any_db)) == ((seam, side) == ("COMMIT", "after"))
    send(any_db, key="the page's own")
    assert [status for status, *_ in deliveries(any_db)] == ["queued"]
    assert len(look(any_db)) == 1
    with any_db.reading() as session:
        assert session.scalars(select(Submission.status)).all() == [SubmissionStatus.PROCESSED]


@pytest.mark.parametrize(("seam", "side"), SEAMS)
def test_killed_as_somebody_processes_it(any_db: Database, tmp_path: Path, seam: str, side: str) -> None:
    """The submission is kept as it came or is processed whole; processed again, it is answered once."""
    furnished(any_db, tmp_path)
    pushed(any_db, tmp_path / "form", FIELDS, response="takk", mode="manual")
    send(any_db)
    killed(any_db, BY_SOMEBODY, seam, side)
    with any_db.writing() as session:
        assert process(session, 1, "kari", SETTINGS)
    assert [submission for _, submission, _ in deliveries(any_db)] == [1]
    assert len(look(any_db)) == 1


def test_whoever_is_erased_meanwhile_gets_none(any_db: Database, tmp_path: Path) -> None:
    """Erased between the submission and the look of the loop: nothing goes out, to their address or to nobody's."""
    furnished(any_db, tmp_path)
    send(any_db)
    with any_db.writing() as session:
        erase(session, people(session)[0].id)
    assert look(any_db) == []
    assert "sent" not in [status for status, *_ in deliveries(any_db)]
