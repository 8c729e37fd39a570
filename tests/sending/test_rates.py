"""How many may leave now, without a database: bursts, quiet hours over midnight and summer time, warm-ups, and the sentences for people."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mailings.sending.limits import rates
from mailings.sending.limits.hours import Quiet
from mailings.sending.limits.rates import State
from tests.sending.limited import at, nights, state

NOW = at("2026-11-22 09:00")


def leave_at_once(bucket: State, now: int = NOW) -> int:
    """How many leave in this very moment, reservation after reservation."""
    total = 0
    while count := rates.room(bucket, now, 1000):
        bucket, total = rates.charged(bucket, count, now), total + count
    return total


@pytest.mark.parametrize(("per_minute", "room"), [(1, 1), (60, 1), (240, 2), (600, 5), (24_000, 200), (1e9, 1000)])
def test_half_a_second_at_a_time(per_minute: float, room: int) -> None:
    """A reservation is worth half a second, at least one message, and never more than wanted."""
    assert rates.room(state(per_minute=per_minute), NOW, 1000) == room


@pytest.mark.parametrize(("burst", "leaves"), [(1, 1), (2, 2), (50, 50)])
def test_burst(burst: int, leaves: int) -> None:
    """After a rest as many as the burst leave at once, then one an interval; the rest saves up no more than that."""
    rested = state(per_minute=60, burst=burst)
    assert leave_at_once(rested) == leaves
    after = rates.charged(rested, leaves, NOW)
    assert rates.opens(after, NOW) == NOW + 1000
    assert rates.room(after, NOW + 1000, 10) == 1
    assert rates.room(after, NOW + 3000, 10) == min(3, burst)
    assert leave_at_once(after, NOW + 3_600_000) == leaves


def test_the_smaller_rate_holds() -> None:
    """What a mailing or the settings ask for holds beside the limit itself: the smaller of them."""
    assert state(per_minute=600).at_most(60).rate == 60
    assert state(per_minute=600).at_most(6000).rate == 600
    assert state().at_most(60).rate == 60
    assert state(per_minute=600).at_most(None).rate == 600


@pytest.mark.parametrize(
    ("moment", "opens"),
    [
        ("2026-11-22 19:59", "2026-11-22 19:59"),  # 20:59 in Oslo
        ("2026-11-22 20:00", "2026-11-23 06:00"),
        ("2026-11-23 01:00", "2026-11-23 06:00"),
        ("2026-11-23 06:00", "2026-11-23 06:00"),
        ("2026-07-01 19:00", "2026-07-02 05:00"),  # summer time
        ("2026-03-28 20:30", "2026-03-29 05:00"),  # the clocks go forward in that night
        ("2026-10-24 19:30", "2026-10-25 06:00"),  # and back
    ],
)
def test_quiet_hours_over_midnight(moment: str, opens: str) -> None:
    """From 21:00 to 07:00 in Oslo nothing leaves, summer and winter, and the nights of the change."""
    bucket = state(quiet=nights(), zone="Europe/Oslo")
    assert rates.opens(bucket, at(moment)) == at(opens)
    assert (rates.room(bucket, at(moment), 10) == 10) == (moment == opens)


def test_hours_that_come_twice_or_never() -> None:
    """Quiet until 02:30 ends at the second 02:30 of the autumn night, and at 03:30 in spring where 02:30 is left out."""
    early = state(quiet=nights(begin="23:00", end="02:30"), zone="Europe/Oslo")
    assert rates.opens(early, at("2026-10-25 00:10")) == at("2026-10-25 01:30")
    assert rates.opens(early, at("2026-10-25 01:10")) == at("2026-10-25 01:30")
    assert rates.opens(early, at("2026-03-29 00:10")) == at("2026-03-29 01:30")


def test_quiet_hours_within_a_day() -> None:
    """Hours that do not cross midnight, as the church service."""
    bucket = state(quiet=Quiet("11:00", "12:30", "UTC"))
    assert [rates.opens(bucket, at(f"2026-11-22 {clock}")) - at(f"2026-11-22 {clock}") for clock in ("10:59", "12:30")] == [0, 0]
    assert rates.opens(bucket, at("2026-11-22 11:00")) == at("2026-11-22 12:30")


def test_nothing_reserved_runs_into_quiet_hours() -> None:
    """Tokens taken at 20:59:50 are void at 21:00, though a message a minute would keep them a minute."""
    bucket = state(per_minute=1, quiet=nights(), zone="Europe/Oslo")
    assert rates.closes(bucket, at("2026-11-22 19:59") + 50_000) == at("2026-11-22 20:00")
    assert rates.closes(bucket, at("2026-11-22 12:00")) == at("2026-11-22 12:01") - 1


def test_a_rate_that_opens_within_quiet_hours_opens_after_them() -> None:
    """The next free moment falls into the night: the morning it is."""
    bucket = state(per_minute=1, quiet=nights(), zone="Europe/Oslo", next_free=at("2026-11-22 20:00") + 1)
    assert rates.opens(bucket, at("2026-11-22 19:59")) == at("2026-11-23 06:00")


def test_warm_up() -> None:
    """The first day lets 50 leave, each day after half as many again; a day's rest saves nothing up."""
    bucket = state(ramp=("2026-11-22", 50, 1.5))
    days = [at(f"2026-11-{day} 09:00") for day in (22, 23, 24, 29)]
    assert [rates.allowance(bucket, day) for day in days] == [50, 75, 112, 854]
    assert leave_at_once(bucket) == 50
    spent = rates.charged(bucket, 50, NOW)
    assert (rates.room(spent, NOW, 10), rates.opens(spent, NOW)) == (0, at("2026-11-23 00:00"))
    assert leave_at_once(spent, at("2026-11-23 00:00")) == 75


def test_before_a_warm_up_as_on_its_first_day() -> None:
    """Who sends before the day the warm-up begins sends as much as on that day: an unwarmed sender is what it protects."""
    assert rates.allowance(state(ramp=("2026-12-01", 50, 2.0)), NOW) == 50


def test_days_of_a_warm_up_are_those_of_its_zone() -> None:
    """At half past eleven in the evening in London it is tomorrow in Oslo."""
    bucket = state(ramp=("2026-11-22", 50, 2.0), zone="Europe/Oslo", day="2026-11-22", day_count=50)
    assert rates.opens(bucket, at("2026-11-22 22:30")) == at("2026-11-22 23:00")
    assert rates.room(bucket, at("2026-11-22 23:30"), 500) == 100


def test_the_end_of_a_warm_up() -> None:
    """It is over when a day of it allows more than the limit does in a day; without a limit it goes on growing, for years."""
    bucket = state(ramp=("2026-11-22", 1000, 2.0), per_minute=1)
    assert rates.allowance(bucket, NOW) == 1000
    assert rates.allowance(bucket, at("2026-11-23 09:00")) is None
    assert (rates.allowance(replace(bucket, per_minute=None), at("2060-11-22 09:00")) or 0) > 10**15


def test_a_day_turned_back() -> None:
    """When the clock was turned back over midnight the count of the day goes on: it is not begun anew."""
    counted = state(ramp=("2026-11-22", 50, 1.0), day="2026-11-23", day_count=30)
    assert rates.room(counted, at("2026-11-22 23:59"), 100) == 20
    assert rates.charged(counted, 5, at("2026-11-22 23:59")).day_count == 35


def test_what_is_waited_for() -> None:
    """The sentence for people names the limit, the hour or the count."""
    assert rates.why(state(quiet=nights(), zone="Europe/Oslo"), at("2026-11-22 23:00")) == (
        "quiet hours of the installation, 21:00 to 07:00 in Europe/Oslo"
    )
    spent = state("domain:gmail.com", ramp=("2026-11-22", 500, 2.0), day="2026-11-22", day_count=500)
    assert rates.why(spent, NOW) == "the day's 500 of domain:gmail.com are used up"
    assert rates.why(state("mailing:høst", per_minute=60, next_free=NOW + 9), NOW) == "60 a minute of mailing:høst"


def test_a_clock_of_its_own() -> None:
    """PostgreSQL's clock goes by what it says, ours by what we say: a bucket an hour ahead opens at the same moment for both."""
    bucket = state(per_minute=60, at=NOW + 3_600_000, ahead=3_600_000, next_free=NOW + 3_600_000 + 700)
    assert rates.opens(bucket, NOW) == NOW + 700
    assert rates.charged(bucket, 1, NOW + 700).next_free == NOW + 3_600_000 + 1700


def test_who_waited_for_the_row_asks_with_todays_clock() -> None:
    """A moment from before the row was locked counts as the moment it was read: it reserves no time that is over."""
    bucket = state(per_minute=60, at=NOW, burst=1)
    assert rates.charged(bucket, 1, NOW - 60_000).next_free == NOW + 1000
    assert rates.opens(bucket, NOW - 60_000) == NOW - 60_000
