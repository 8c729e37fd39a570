"""What a dead sender held, found by several at once."""

from __future__ import annotations

import threading

from sqlalchemy import text

from mailings.db import Database
from mailings.sending.recovery import recover
from tests.sending import world


def test_two_that_find_the_dead_tell_it_once(any_db: Database) -> None:
    """Two processes put in doubt what a dead sender held, at the same moment: a line of history for each message, not two."""
    mailing_id = world.sending(any_db, recipients=3)
    with any_db.writing() as session:
        session.execute(text("UPDATE delivery SET status = 'sending', lease_id = 999"))
    beside = threading.Thread(target=_recovered, args=(any_db, mailing_id))
    with any_db.writing() as session:
        assert recover(session, mailing_id) == 3
        beside.start()
        beside.join(0.5)  # it waits for our rows
    beside.join()
    assert [(delivery, what) for delivery, what, _ in world.notes(any_db)] == [(n, "in_doubt") for n in (1, 2, 3)]


def _recovered(db: Database, mailing_id: int) -> None:
    with db.writing() as session:
        recover(session, mailing_id)
