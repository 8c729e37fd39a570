"""Limits in the database: kept over restarts, under all names at once, and exact when given back."""

from __future__ import annotations

import math
import time
from datetime import timedelta

import pytest
from sqlalchemy import text

from mailings.clock import standing_at
from mailings.db import Database
from mailings.model import Mailing
from mailings.sending.limits.throttle import Reservation, Throttle
from mailings.settings import Settings
from tests.sending.limited import bucket, row, throttle, waits
from tests.sending.world import START, mailing

HOUR = timedelta(hours=1)


def test_one_after_the_other(any_db: Database) -> None:
    """At 600 a minute a message is worth 100 ms: five leave now, the next five in half a second, whoever asks; a rest saves up nothing."""
    bucket(any_db, "installation", per_minute=600)
    limits = throttle(any_db)
    with standing_at(START):
        assert waits(limits, any_db, 5, 5, 200) == [(5, 0.0), (5, 0.5), (5, 1.0)]
    with standing_at(START + HOUR):
        assert waits(limits, any_db, 5, 5) == [(5, 0.0), (5, 0.5)]


def test_a_burst_in_one_reservation(any_db: Database) -> None:
    """A rested bucket with a burst of 20 gives them at once, and then half a second's worth."""
    bucket(any_db, "installation", per_minute=60, burst=20)
    with standing_at(START):
        assert waits(throttle(any_db), any_db, 200, 200, 1) == [(20, 0.0), (1, 1.0), (1, 2.0)]


def test_shared_and_kept(any_db: Database) -> None:
    """A second process, or a restart, finds the bucket as it was left; a new rate of the settings holds from the next message on."""
    with standing_at(START):
        assert waits(throttle(any_db, installation=60), any_db, 1, 1) == [(1, 0.0), (1, 1.0)]
        assert waits(throttle(any_db, installation=120), any_db, 1, 1) == [(1, 2.0), (1, 2.5)]


def test_what_a_person_set_holds_beside_the_settings(any_db: Database) -> None:
    """The smaller of the two counts, and neither writes over the other."""
    bucket(any_db, "installation", per_minute=600)
    with standing_at(START):
        assert waits(throttle(any_db, installation=60), any_db, 9, 9) == [(1, 0.0), (1, 1.0)]
    assert row(any_db, "installation").per_minute == 600


def test_a_narrow_limit_does_not_hold_the_broad_one(any_db: Database) -> None:
    """Who must wait for the mailing's own limit takes nothing from the installation's: others go on."""
    bucket(any_db, "mailing:høst", per_minute=60)
    bucket(any_db, "installation", per_minute=600)
    slow = throttle(any_db, "mailing:høst", "installation")
    with standing_at(START):
        assert waits(slow, any_db, 5, 5, 5) == [(1, 0.0), (0, 1.0), (0, 1.0)]
        assert slow.reserve(any_db, 5).why == "60 a minute of mailing:høst"
        assert waits(throttle(any_db), any_db, 1, 1) == [(1, 0.1), (1, 0.2)]


def test_nobody_reserves_far_ahead(any_db: Database) -> None:
    """Five seconds ahead at most: who would wait longer asks again then, so a pause loses nothing and a sender in trouble little."""
    bucket(any_db, "installation", per_minute=15)
    with standing_at(START):
        assert waits(throttle(any_db), any_db, 1, 1, 1, 1) == [(1, 0.0), (1, 4.0), (0, 8.0), (0, 8.0)]


def test_unused_is_given_back(any_db: Database) -> None:
    """What was reserved and not sent does not delay the next, and a second time gives nothing back."""
    bucket(any_db, "installation", per_minute=600)
    limits = throttle(any_db)
    with standing_at(START):
        held = limits.reserve(any_db, 5)
        held.ends = math.inf  # however long the machine takes
        assert held.use()
        limits.give_back(any_db, held)
        limits.give_back(any_db, held)
        assert not held.use()
        assert waits(limits, any_db, 5) == [(5, 0.1)]


def test_nothing_is_given_back_behind_which_somebody_reserved(any_db: Database) -> None:
    """Then the tokens are void: the others' moments stay where they are."""
    bucket(any_db, "installation", per_minute=600)
    limits = throttle(any_db)
    with standing_at(START):
        first, _ = limits.reserve(any_db, 5), limits.reserve(any_db, 5)
        limits.give_back(any_db, first)
        assert waits(limits, any_db, 5) == [(5, 1.0)]


def test_the_day_of_a_warm_up(any_db: Database) -> None:
    """The day's count is shared and kept, what was given back counts as not sent, and the next day has its own."""
    bucket(any_db, "sender:fjord.test", ramp_from="2026-11-21", ramp_first=10, ramp_growth=2.0)
    limits = throttle(any_db, "sender:fjord.test", "installation")
    with standing_at(START):
        first, _ = limits.reserve(any_db, 6), limits.reserve(any_db, 3)
        assert limits.reserve(any_db, 6).messages == 1
        limits.give_back(any_db, first)
        assert throttle(any_db, "sender:fjord.test").reserve(any_db, 50).messages == 6
        none = limits.reserve(any_db, 1)
        assert (none.messages, none.wait, none.why) == (0, 15 * 3600, "the day's 10 of sender:fjord.test are used up")
    with standing_at(START + 15 * HOUR):
        assert limits.reserve(any_db, 50).messages == 20


def test_a_time_slot() -> None:
    """Tokens hold from their start until their end, and not outside; each lets one message leave."""
    clock = [9.9]
    held = Reservation(2, begins=10.0, ends=10.5, monotonic=lambda: clock[0])
    assert (held.usable, held.use()) == (0, False)
    clock[0] = 10.0
    assert (held.usable, held.use(), held.usable) == (2, True, 1)
    clock[0] = 10.5
    assert (held.usable, held.use()) == (0, False)


def test_the_slot_of_a_real_reservation(any_db: Database) -> None:
    """Half a second at high rates; past it the tokens are void."""
    bucket(any_db, "installation", per_minute=6000)
    limits, asked = throttle(any_db), time.monotonic()
    held = limits.reserve(any_db, 200)
    assert held.messages == 50
    assert asked + 0.49 < held.ends < time.monotonic() + 0.5
    assert held.use() or time.monotonic() >= held.ends
    time.sleep(max(0.0, held.ends - time.monotonic()))
    assert not held.use()


def test_without_limits_nobody_is_asked(any_db: Database) -> None:
    """Then all that is wanted may leave, and nothing is written."""
    limits = throttle(any_db)
    assert not limits.limited
    held = limits.reserve(any_db, 1000)
    assert (held.messages, held.wait, held.usable) == (1000, 0.0, 1000)
    with any_db.reading() as session:
        assert session.execute(text("SELECT count(*) FROM bucket")).scalar_one() == 0


def test_a_limit_set_or_removed_meanwhile(any_db: Database) -> None:
    """A run sees within two seconds that a limit was set where there was none; what was removed holds no more."""
    limits = throttle(any_db)
    bucket(any_db, "installation", per_minute=600)
    time.sleep(2.0)
    with any_db.connection(write=False) as connection:
        limits.refresh(connection)
    assert limits.limited
    with any_db.writing() as session:
        session.execute(text("DELETE FROM bucket"))
    assert limits.reserve(any_db, 1000).messages == 1000
    assert not limits.limited


def test_a_bucket_that_settings_need_is_made_again(any_db: Database) -> None:
    """Who removes the bucket of MAILINGS_RATE removes what a person set, not the setting."""
    limits = throttle(any_db, installation=600)
    with any_db.writing() as session:
        session.execute(text("DELETE FROM bucket"))
    with standing_at(START):
        assert waits(limits, any_db, 9, 9) == [(5, 0.0), (5, 0.5)]


@pytest.mark.parametrize("name", ["mailing:høst-nytt", "sender:åse@fjord.test", "sender:fjord.test", "transport:memory", "installation"])
def test_every_limit_of_a_mailing_holds(any_db: Database, name: str) -> None:
    """A mailing passes its own limit, its sender's, its sender's domain's, its transport's and the installation's; not other ones."""
    bucket(any_db, name, per_minute=600)
    bucket(any_db, "mailing:other", per_minute=1)
    mailing_id = mailing(any_db, sender={"address": "Åse@fjord.test"})
    with any_db.reading() as session:
        limits = Throttle.of(session.get_one(Mailing, mailing_id), Settings(email_transport="memory"))
    assert limits.reserve(any_db, 200).messages == 5


def test_a_long_wait_is_told_once(any_db: Database, caplog: pytest.LogCaptureFixture) -> None:
    """The log says once, not every second, for which limit and how long nothing may leave."""
    bucket(any_db, "installation", quiet_from="08:00", quiet_until="12:00")
    limits = throttle(any_db)
    with standing_at(START), caplog.at_level("INFO", "mailings"):
        assert waits(limits, any_db, 1, 1) == [(0, 3 * 3600), (0, 3 * 3600)]
    assert [record.getMessage() for record in caplog.records if record.name == "mailings.sending.limits.throttle"] == [
        "Nothing may leave for 3:00:00: quiet hours of the installation, 08:00 to 12:00 in UTC"
    ]
