"""A run that is killed while it makes the copy of a day has made and scheduled it, or nothing."""

from __future__ import annotations

import pytest

from mailings.clock import standing_at
from mailings.db import Database
from mailings.sending.due import COPIED, due
from tests.audience.test_recurring import NAME, SATURDAY, copies, on, run
from tests.dying import killed
from tests.sending import world

RUN = "from tests.audience.test_recurring import on, run; run(database, on())"


@pytest.mark.parametrize(("side", "kept"), [("before", False), ("after", True)])
def test_all_or_nothing(any_db: Database, side: str, kept: bool) -> None:
    """Killed before its commit there is no copy, killed after it the copy is due; the same run again comes to one copy either way."""
    world.mailing(any_db, NAME, 3, template=True)
    killed(any_db, RUN, "COMMIT", side)
    assert copies(any_db) == ({"høst-nytt-2026-11-21": "scheduled"} if kept else {})
    with any_db.reading() as session, standing_at(SATURDAY + COPIED):
        assert [one.name for one in due(session)] == (["høst-nytt-2026-11-21"] if kept else [])
    assert run(any_db, on()).to_be_sent
    assert copies(any_db) == {"høst-nytt-2026-11-21": "scheduled"}
