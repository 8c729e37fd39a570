"""Clickers whose first clicks are deleted are counted once, whichever way their clicks are counted."""

from __future__ import annotations

from datetime import timedelta

import pytest

from mailings import clock
from mailings.db import Database
from mailings.model import Delivery, DeliveryStatus, Mailing, MailingStatus, TrackedLink
from mailings.reports.counting_anew import count_anew
from mailings.reports.kept import figures_of
from mailings.tracking.registered import reset_in_mailing
from mailings.tracking.retention import delete_events
from tests.tracking.visiting import LATER, SENT, click, record, sent_mailing


def _sent(db: Database) -> tuple[int, int]:
    """A mailing that is done and the first of its messages."""
    mailing_id, ids = sent_mailing(db)
    with db.writing() as session:
        mailing = session.get_one(Mailing, mailing_id)
        mailing.status, mailing.started_at = MailingStatus.SENT, SENT
    return mailing_id, ids[0]


def _clickers(db: Database, mailing_id: int) -> dict[str, int]:
    """The clickers kept, by link."""
    with db.reading() as session:
        found = figures_of(session, session.get_one(Mailing, mailing_id))
    return {key: n for (what, key), n in found.items() if what == "clickers" and n}


def _again_and_again(db: Database, message: int, **what: object) -> None:
    """The same person clicks three times more, each after the clicks before are deleted."""
    for days in (91, 200, 300):
        now = LATER + timedelta(days=days)
        with clock.standing_at(now):
            with db.writing() as session:
                assert delete_events(session, 90, count_anew).deleted
            record(db, click(message, at=now, **what))


@pytest.mark.parametrize("what", [{"link": None, "url": "https://fjord.test/ås"}, {"link": 1}], ids=["no number", "sent again"])
def test_one_person_is_one_clicker(any_db: Database, what: dict[str, object]) -> None:
    """Who clicks an address without a number, or has two messages, stays one clicker however often older clicks are deleted."""
    mailing_id, message = _sent(any_db)
    if what["link"] is not None:
        with any_db.writing() as session:
            whose = session.get_one(Delivery, message).recipient_id
            again = {"status": DeliveryStatus.SENT, "attempts": 1, "sent_at": SENT, "again_of": message}
            session.add(Delivery(mailing_id=mailing_id, recipient_id=whose, **again))
    with clock.standing_at(LATER):
        record(any_db, click(message, **what))
    with any_db.writing() as session:
        count_anew(session, mailing_id)
    key = str(what["link"] or "")
    assert _clickers(any_db, mailing_id) == {key: 1}
    _again_and_again(any_db, message, **what)
    assert _clickers(any_db, mailing_id) == {key: 1}


def test_a_link_that_was_reset(any_db: Database) -> None:
    """Of a link reset after events were deleted the next click counts its person once, and no later one does."""
    mailing_id, message = _sent(any_db)
    with clock.standing_at(LATER):
        record(any_db, click(message, 1))
    now = LATER + timedelta(days=91)
    with clock.standing_at(now), any_db.writing() as session:
        delete_events(session, 90, count_anew)
        reset_in_mailing(session, session.query(TrackedLink).filter_by(mailing_id=mailing_id, number=1).one())
    assert _clickers(any_db, mailing_id) == {}
    with clock.standing_at(now + timedelta(days=1)):
        record(any_db, click(message, 1, at=now + timedelta(days=1)))
    assert _clickers(any_db, mailing_id) == {"1": 1}
    with clock.standing_at(now + timedelta(days=100)):
        with any_db.writing() as session:
            assert delete_events(session, 90, count_anew).deleted == 1
        record(any_db, click(message, 1, at=now + timedelta(days=100)))
    assert _clickers(any_db, mailing_id) == {"1": 1}
