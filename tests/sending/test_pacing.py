"""The rate of a slowed limit, as every sender finds it: halved once for many, raised by tenths, taken away when nobody needs it."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

from sqlalchemy import select

from mailings.clock import milliseconds, standing_at
from mailings.db import Database
from mailings.model import Delivery
from mailings.model.bucket import Bucket
from mailings.sending.limits import pacing
from tests.sending import world
from tests.sending.domains import limit, limits

TOO_MANY = {"code": "421 4.7.0", "reason": "Too many messages from you"}


def halved(db: Database, name: str, at: datetime, pace: float = 600.0) -> float | None:
    """What one asking at that moment comes to."""
    with standing_at(at), db.connection() as connection:
        return pacing.halve(connection, name, pace, milliseconds())


def stepped_up(db: Database, name: str, at: datetime) -> float | None:
    """What one step up at that moment comes to."""
    with standing_at(at), db.connection() as connection:
        return pacing.step_up(connection, name, milliseconds())


def test_many_askings_are_one(any_db: Database) -> None:
    """Within five seconds a limit is halved once, whoever is asked; then again, down to six a minute and no further."""
    limit(any_db, "domain:treg.test", per_minute=40.0)
    at = world.START
    assert halved(any_db, "domain:treg.test", at) == 20.0
    assert halved(any_db, "domain:treg.test", at + timedelta(seconds=4.9)) is None
    assert halved(any_db, "domain:treg.test", at + timedelta(seconds=5)) == 10.0
    assert halved(any_db, "domain:treg.test", at + timedelta(seconds=10)) == 6.0
    assert halved(any_db, "domain:treg.test", at + timedelta(seconds=15)) is None
    assert halved(any_db, "domain:liten.test", at, pace=1.0) == 6.0
    assert limits(any_db) == {"domain:treg.test": (40.0, 6.0, 40.0), "domain:liten.test": (None, 6.0, 6.0)}


def test_a_clock_turned_back_keeps_nobody_slow(any_db: Database) -> None:
    """An hour earlier by the clock the limit can be halved and raised as ever."""
    limit(any_db, "domain:treg.test", per_minute=600.0)
    halved(any_db, "domain:treg.test", world.START)
    assert halved(any_db, "domain:treg.test", world.START - timedelta(hours=1)) == 150.0
    assert stepped_up(any_db, "domain:treg.test", world.START - timedelta(hours=2)) == 210.0


def test_senders_asked_at_the_same_moment(any_db: Database) -> None:
    """Eight senders that are asked at once halve the limit once between them."""
    limit(any_db, "domain:treg.test", per_minute=600.0)
    now, rates = milliseconds(), []

    def ask() -> None:
        with any_db.connection() as connection:
            rates.append(pacing.halve(connection, "domain:treg.test", 600.0, now))

    senders = [threading.Thread(target=ask) for _ in range(8)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    assert sorted(rates, key=str) == [300.0, *[None] * 7]


def test_a_tenth_every_ten_seconds(any_db: Database) -> None:
    """A slowed limit rises by a tenth of the old rate every ten seconds, and is over at the old rate."""
    limit(any_db, "domain:treg.test", per_minute=600.0)
    at = world.START
    halved(any_db, "domain:treg.test", at)
    assert stepped_up(any_db, "domain:treg.test", at + timedelta(seconds=9)) is None
    rates = [stepped_up(any_db, "domain:treg.test", at + timedelta(seconds=10 * n)) for n in range(1, 6)]
    assert rates == [360.0, 420.0, 480.0, 540.0, 0.0]
    assert stepped_up(any_db, "domain:treg.test", at + timedelta(seconds=60)) is None
    assert limits(any_db) == {"domain:treg.test": (600.0, None, None)}


def test_a_limit_nobody_set_stays_while_its_lane_is_used(any_db: Database) -> None:
    """A limit whose slowing is over is taken away only when no delivery is queued in its lane; one a person set stays."""
    over = {"rate": None, "slowed_at": world.START}
    limit(any_db, "domain:treg.test", None, **over)
    limit(any_db, "domain:satt.test", per_minute=60.0, **over)
    limit(any_db, "domain:stille.test", None, quiet_from="21:00", quiet_until="07:00", **over)
    mailing_id = world.sending(any_db, recipients=1)
    with any_db.writing() as session:
        number = session.scalars(select(Bucket.id).where(Bucket.name == "domain:stille.test")).one()
        session.query(Delivery).update({"lane": number})
    limit(any_db, "domain:ny.test", None, **over)
    with any_db.writing() as session:
        lane = session.scalars(select(Bucket.id).where(Bucket.name == "domain:ny.test")).one()
        session.query(Delivery).filter_by(mailing_id=mailing_id).update({"lane": lane})
        pacing.take_away_unset(session.connection())
    assert sorted(limits(any_db)) == ["domain:ny.test", "domain:satt.test", "domain:stille.test"]
    with any_db.writing() as session:
        session.query(Delivery).update({"status": "sent"})
        pacing.take_away_unset(session.connection())
    assert sorted(limits(any_db)) == ["domain:satt.test", "domain:stille.test"]
