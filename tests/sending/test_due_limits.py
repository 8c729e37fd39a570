"""A mailing that may not send now is not begun every minute: it waits for its limits, and its last sentence says for which, until when."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import update

from mailings import clock
from mailings.db import Database
from mailings.model import Delivery, Mailing
from mailings.reports.figures import status_of
from mailings.sending import closing
from mailings.sending.due import due
from mailings.sending.limits.throttle import Throttle
from tests.sending import world
from tests.sending.limited import bucket

HOUR = timedelta(hours=1)
NIGHTS = {"quiet_from": "21:00", "quiet_until": "07:00", "zone": "Europe/Oslo"}
NIGHT = datetime.fromisoformat("2026-11-21 23:00+01:00")


def found(db: Database, moment: datetime) -> list[str]:
    """The mailings to pick up at the moment."""
    with clock.standing_at(moment), db.reading() as session:
        return [mailing.name for mailing in due(session)]


def closed(db: Database, mailing_id: int, moment: datetime) -> str:
    """The sentence a run would end with at the moment."""
    with clock.standing_at(moment), db.writing() as session:
        return closing.close(session, session.get_one(Mailing, mailing_id)).sentence


def local(moment: datetime) -> str:
    """The moment as people here read it."""
    return f"{moment.astimezone():%Y-%m-%d %H:%M}"


@pytest.mark.parametrize("name", ["installation", "transport:folder", "sender:fjord.test", "sender:post@fjord.test", "mailing:høst-nytt"])
def test_quiet_hours_of_any_limit(any_db: Database, name: str) -> None:
    """During quiet hours of any of its limits a mailing is not due; from a minute before their end it is."""
    bucket(any_db, name, **NIGHTS)
    mailing_id = world.sending(any_db, sender={"address": "post@fjord.test"})
    assert found(any_db, NIGHT) == []
    assert found(any_db, NIGHT + 7.9 * HOUR) == []
    assert found(any_db, NIGHT + 8 * HOUR) == ["høst-nytt"]
    whose = "the installation" if name == "installation" else name
    assert closed(any_db, mailing_id, NIGHT) == (
        f"høst-nytt waits until {local(NIGHT + 8 * HOUR)}: quiet hours of {whose}, 21:00 to 07:00 in Europe/Oslo."
    )


def test_a_retry_waits_for_the_morning_too(any_db: Database) -> None:
    """A retry that falls due in the night is tried in the morning."""
    bucket(any_db, "installation", **NIGHTS)
    mailing_id = world.sending(any_db)
    with any_db.writing() as session:
        session.execute(update(Delivery).where(Delivery.mailing_id == mailing_id).values(next_attempt_at=NIGHT, attempts=1))
    assert found(any_db, NIGHT + HOUR) == []
    assert found(any_db, NIGHT + 8 * HOUR) == ["høst-nytt"]


def test_another_mailing_in_full_swing_starves_nobody(any_db: Database) -> None:
    """A rate that somebody else has reserved seconds ahead holds nobody back: who may leave within a minute is due."""
    bucket(any_db, "installation", per_minute=60)
    world.sending(any_db)
    other = Throttle(["installation"], {})
    with clock.standing_at(world.START):
        for _ in range(6):
            other.reserve(any_db, 1)
    assert found(any_db, world.START) == ["høst-nytt"]


def test_only_the_domain_is_closed(any_db: Database) -> None:
    """Where only one recipient domain has used up its day, the others make the mailing due; when only its lane is left, it waits for it."""
    lane = bucket(any_db, "domain:fjord.test", ramp_from="2026-11-21", ramp_first=50, ramp_growth=2.0, day="2026-11-21", day_count=50)
    mailing_id = world.sending(any_db, recipients=4)
    with any_db.writing() as session:
        first = session.query(Delivery.id).order_by(Delivery.id).first()
        assert first
        session.execute(update(Delivery).values(lane=lane))
        session.execute(update(Delivery).where(Delivery.id == first[0]).values(lane=0))
    assert found(any_db, world.START) == ["høst-nytt"]
    with any_db.writing() as session:
        session.execute(update(Delivery).where(Delivery.mailing_id == mailing_id).values(lane=lane))
    assert found(any_db, world.START) == []
    midnight = world.START + 15 * HOUR
    assert found(any_db, midnight) == ["høst-nytt"]
    assert closed(any_db, mailing_id, world.START) == (
        f"høst-nytt waits until {local(midnight)}: the day's 50 of domain:fjord.test are used up."
    )


def test_a_lane_whose_limit_was_removed(any_db: Database) -> None:
    """Rows in the lane of a limit that is gone wait for nobody."""
    world.sending(any_db)
    with any_db.writing() as session:
        session.execute(update(Delivery).values(lane=4711))
    assert found(any_db, world.START) == ["høst-nytt"]


def test_the_status_says_for_which_limit(any_db: Database) -> None:
    """During quiet hours `mailings status` says until when, and for which limit; by day it has nothing to say of limits."""
    bucket(any_db, "installation", **NIGHTS)
    mailing_id = world.sending(any_db)
    for moment, said in ((NIGHT, f"until {local(NIGHT + 8 * HOUR)}: quiet hours of the installation"), (NIGHT - 8 * HOUR, None)):
        with clock.standing_at(moment), any_db.reading() as session:
            document = status_of(session, session.get_one(Mailing, mailing_id))
        assert document.get("limited", "").startswith(said or "")
        assert ("limited" in document) == bool(said)
