"""Whoever comes to a mailing after it was begun comes by the limit of approval, too."""

from __future__ import annotations

import pytest

from mailings.db import Database
from mailings.errors import NotAllowed
from mailings.model import Mailing
from mailings.sending.finding import mailing_named
from tests.sending import again, asking

LIMIT = {"above": 10}


def begun(db: Database, people: int, **facts: object) -> None:
    """A mailing to so many, asked and answered where it must be, sent."""
    asking.ready(db, people, **facts)
    if asking.ask(db) is not None:
        asking.approve(db)
    asking.send(db)
    again.finish(db)


def joined(db: Database, first: int, many: int) -> None:
    """So many new people in the selection."""
    with db.writing() as session:
        for n in range(first, first + many):
            asking.join_in(session, f"Désirée {n}", f"ny{n}@fjord.test")


def facts(db: Database) -> tuple[str, int, int]:
    """Where the mailing stands: its status, how many deliveries it has, how many recipients."""
    with db.reading() as session:
        mailing = mailing_named(session, asking.NAME)
        assert isinstance(mailing, Mailing)
        recipients = session.connection().exec_driver_sql("SELECT count(*) FROM recipient").scalar_one()
        return mailing.status, len(again.lines(db)), recipients


def test_more_than_need_no_approval(any_db: Database) -> None:
    """Three needed no approval; a reload that brings eight more is refused in one sentence, and leaves everything as it was."""
    begun(any_db, 3, approval=LIMIT)
    joined(any_db, 0, 8)
    with pytest.raises(
        NotAllowed, match=rf"^11 who would have .* more than 10 need approval; send its like with: mailings copy {asking.NAME} NEW$"
    ):
        again.again(any_db, reload=True)
    assert facts(any_db) == ("sent", 3, 3)


def test_one_by_one_counts_alike(any_db: Database) -> None:
    """Up to the limit newcomers get it; those who came in small steps are counted together."""
    begun(any_db, 3, approval=LIMIT)
    for n in range(7):
        joined(any_db, n, 1)
        assert again.again(any_db, reload=True).queued == 1
        again.finish(any_db)
    joined(any_db, 7, 1)
    with pytest.raises(NotAllowed, match=r"^11 who"):
        again.again(any_db, reload=True)
    assert facts(any_db) == ("sent", 10, 10)


def test_whom_it_was_approved_for(any_db: Database) -> None:
    """Who was on the approved list does not count: twelve had it by a yes, ten more may follow, the eleventh not."""
    begun(any_db, 12, approval=LIMIT)
    joined(any_db, 0, 10)
    assert again.again(any_db, reload=True).queued == 10
    again.finish(any_db)
    joined(any_db, 10, 1)
    with pytest.raises(NotAllowed, match=r"^11 who"):
        again.again(any_db, reload=True)


def test_always_means_always(any_db: Database) -> None:
    """Where approval is always needed nobody new gets it by a reload, and whoever failed may be sent to again."""
    begun(any_db, 3)
    with any_db.connection() as connection:
        connection.exec_driver_sql("UPDATE delivery SET status = 'failed' WHERE id = (SELECT min(id) FROM delivery)")
    assert again.again(any_db, reload=True).queued == 1
    again.finish(any_db)
    joined(any_db, 0, 1)
    with pytest.raises(NotAllowed, match=r"^1 who"):
        again.again(any_db, reload=True)


def test_where_nobody_is_ever_asked(any_db: Database) -> None:
    """Without a limit a reload brings whoever came."""
    begun(any_db, 3, approval=None)
    joined(any_db, 0, 20)
    assert again.again(any_db, reload=True).queued == 20
