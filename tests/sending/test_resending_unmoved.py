"""Sending again to those who have not opened or not clicked: by what people did with the latest message, never by what machines did."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text, update

from mailings.clock import now
from mailings.db import Database
from mailings.errors import NotAllowed
from mailings.model import Delivery, Mailing, MailingStatus
from mailings.reported import EventKind
from tests.sending import world
from tests.sending.again import again, finish, lines, sent
from tests.tracking.visiting import record, visit

ENDS = ("sent", "sent", "delivered", "sent", "failed", "sent")


def ids(db: Database) -> list[int]:
    """Every delivery, in order."""
    with db.reading() as session:
        return [row[0] for row in session.execute(text("SELECT id FROM delivery ORDER BY id"))]


def moved(db: Database) -> None:
    """p0 opened, p1 clicked, p2 and p3 were only visited by a machine, p5 did nothing; all long after sending."""
    with db.writing() as session:
        session.execute(update(Delivery).values(sent_at=now() - timedelta(days=3)))
    at, all_ = now() - timedelta(days=1), ids(db)
    record(
        db,
        visit(all_[0], at=at),
        visit(all_[1], EventKind.CLICKED, at, link=1),
        visit(all_[2], at=at, agent="Mozilla/5.0"),
        visit(all_[3], EventKind.CLICKED, at, link=1, agent="Barracuda Sentinel (EE)"),
    )


@pytest.mark.parametrize(
    ("only", "who"),
    [
        ("unopened", {"p2", "p3", "p5"}),
        ("unclicked", {"p0", "p2", "p3", "p5"}),
        ("Unopened, failed", {"p2", "p3", "p4", "p5"}),
        ("unopened; p0@blåbær.test", {"p0", "p2", "p3", "p5"}),
    ],
)
def test_only_who_did_nothing(any_db: Database, only: str, who: set[str]) -> None:
    """A click is a sign of reading, a machine's visit is none; who never got the message is not meant."""
    sent(any_db, *ENDS)
    moved(any_db)
    came = again(any_db, only=only)
    assert came.queued == len(who)
    assert {where for where, status, _ in lines(any_db)[len(ENDS) :] if status == "queued"} == who


def test_the_latest_message_counts(any_db: Database) -> None:
    """Who opened the first message and not the second has not opened; who opens the second is left alone from then on."""
    sent(any_db, "sent", "sent")
    first = ids(any_db)[0]
    record(any_db, visit(first, at=now() - timedelta(hours=1)))
    assert again(any_db, only="p0@blåbær.test,p1@blåbær.test").queued == 2
    finish(any_db)
    assert again(any_db, only="unopened").queued == 2
    finish(any_db)
    record(any_db, *(visit(one, at=now() + timedelta(minutes=1)) for one in ids(any_db)[-2:]))
    assert again(any_db, only="unopened").queued == 0


@pytest.mark.parametrize(
    ("only", "tracking", "says"),
    [
        ("unopened", {"opens": False}, "Nobody knows who has opened høst-nytt"),
        ("unclicked", {"clicks": "none"}, "Nobody knows who has clicked in høst-nytt"),
    ],
)
def test_what_is_not_recorded_cannot_be_asked(any_db: Database, only: str, tracking: dict[str, object], says: str) -> None:
    """A mailing that records no opens would have everybody unopened: it says so, and nobody is queued."""
    mailing_id = sent(any_db, "sent", "sent")
    with any_db.writing() as session:
        session.get_one(Mailing, mailing_id).tracking = tracking
    with pytest.raises(NotAllowed, match=says):
        again(any_db, only=only)
    assert len(lines(any_db)) == 2
    assert world.status(any_db, mailing_id) is MailingStatus.SENT
