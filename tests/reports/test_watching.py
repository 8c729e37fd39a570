"""A mailing watched while it is sent: everyone once, and a pace from the looks of the last minute."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from mailings import clock
from mailings.db import Database
from mailings.errors import NotFound
from mailings.model import Delivery, DeliveryStatus, MailingStatus
from mailings.reports.watching import Look, Watch, look_at
from tests.consent.waiting import a_mailing, queue

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
LOOK = Look(at=NOON, status="sending", total=1_000, sent=0, left=1_000, failed=0, in_doubt=0, cancelled=0, waiting=0)


def later(seconds: float, sent: int, **more: object) -> Look:
    """A look so many seconds after noon, when so many had left us."""
    return replace(LOOK, at=NOON + timedelta(seconds=seconds), sent=sent, left=1_000 - sent, **more)


def test_everyone_is_counted_once(any_db: Database) -> None:
    """By the latest message of each: an attempt that was repeated and a test are not counted beside it."""
    with any_db.writing() as session:
        mailing = a_mailing(session, "høst")
        made = [queue(session, mailing, f"{n}@fjord.test", status) for n, status in enumerate(DeliveryStatus)]
        failed = made[list(DeliveryStatus).index(DeliveryStatus.FAILED)]
        session.add(Delivery(mailing_id=mailing.id, recipient_id=failed.recipient_id, status=DeliveryStatus.SENT, again_of=failed.id))
        session.add(Delivery(mailing_id=mailing.id, recipient_id=failed.recipient_id, status=DeliveryStatus.FAILED, test=True))
        made[0].attempts, made[0].next_attempt_at = 1, clock.now() + timedelta(minutes=5)
    with any_db.reading() as session:
        look = look_at(session, "høst")
    assert (look.total, look.sent, look.left, look.failed, look.in_doubt, look.cancelled, look.waiting) == (8, 4, 2, 0, 1, 1, 1)
    assert look.done == 6
    assert look.moving


def test_a_mailing_that_is_gone_is_not_found(db: Database) -> None:
    """Who watches a mailing that was deleted is told."""
    with db.reading() as session, pytest.raises(NotFound):
        look_at(session, "nope")


def test_the_pace_is_that_of_the_last_minute() -> None:
    """A hundred in ten seconds are 600 a minute, and the 900 left take a minute and a half; what was before that minute is forgotten."""
    watch = Watch()
    assert watch.add(later(0, 0)).per_minute is None
    pace = watch.add(later(10, 100))
    assert pace.per_minute == 600
    assert pace.ends == NOON + timedelta(seconds=10 + 90)
    for second in range(20, 140, 10):
        pace = watch.add(later(second, 100 + (second - 10) * 2))
    assert pace.per_minute == pytest.approx(120)


def test_nothing_moves_and_no_end_is_promised() -> None:
    """Where nothing left for a minute the pace is nought, and nobody can tell when it ends."""
    watch = Watch()
    watch.add(later(0, 100))
    pace = watch.add(later(30, 100))
    assert (pace.per_minute, pace.ends) == (0, None)


def test_a_pause_is_no_slowness() -> None:
    """Paused, there is no pace; when it goes on, the time of the pause counts for nothing."""
    watch = Watch()
    watch.add(later(0, 0))
    assert watch.add(later(10, 100, status=str(MailingStatus.PAUSED))).per_minute is None
    assert watch.add(later(50, 100)).per_minute is None
    assert watch.add(later(55, 150)).per_minute == 600
