"""Which day a run is for: the day of the moment it was scheduled for, in the zone of the schedule that made it, DST or not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from prefect.client.schemas.schedules import CronSchedule, IntervalSchedule, RRuleSchedule

from mailings.settings import Settings, settings
from tests.flows.scheduled import deployed, occasion

pytestmark = [pytest.mark.prefect, pytest.mark.xdist_group("prefect"), pytest.mark.usefixtures("prefect_server", "configured")]

OSLO, NEW_YORK = "Europe/Oslo", "America/New_York"
NAME = "høst-nytt"


def cron(written: str, zone: str) -> CronSchedule:
    """A cron schedule in a zone."""
    return CronSchedule(cron=written, timezone=zone)


AUTUMN, SPRING, ORDINARY = (
    datetime(2025, 10, 24, 22, tzinfo=UTC),
    datetime(2025, 3, 28, 23, tzinfo=UTC),
    datetime(2025, 11, 20, 23, tzinfo=UTC),
)
DAILY = IntervalSchedule(interval=timedelta(days=1), anchor_date=datetime(2025, 10, 1, 0, 30, tzinfo=UTC), timezone=OSLO)
RULE = RRuleSchedule(rrule="DTSTART:20251001T023000\nRRULE:FREQ=DAILY", timezone=OSLO)
IN_AUTUMN, IN_SPRING = ["2025-10-25", "2025-10-26", "2025-10-27"], ["2025-03-29", "2025-03-30", "2025-03-31"]


@pytest.mark.parametrize(
    ("schedule", "begin", "hours", "days"),
    [
        pytest.param(cron("30 2 * * *", OSLO), AUTUMN, 73, IN_AUTUMN, id="cron at an hour that comes twice"),
        pytest.param(DAILY, AUTUMN, 73, IN_AUTUMN, id="interval over an hour that comes twice"),
        pytest.param(RULE, AUTUMN, 73, IN_AUTUMN, id="rule at an hour that comes twice"),
        pytest.param(cron("30 2 * * *", OSLO), SPRING, 71, IN_SPRING, id="cron at an hour that never comes"),
        pytest.param(cron("30 0 * * *", OSLO), ORDINARY, 24, ["2025-11-21"], id="after midnight, the day before in UTC"),
        pytest.param(cron("30 23 * * *", OSLO), ORDINARY, 24, ["2025-11-21"], id="before midnight, the same day in UTC"),
        pytest.param(cron("30 23 * * *", NEW_YORK), ORDINARY, 30, ["2025-11-20", "2025-11-21"], id="before midnight, the day after in UTC"),
        pytest.param(cron("0 * * * *", OSLO), AUTUMN + timedelta(hours=24), 25, ["2025-10-26"], id="every hour of a day of 25"),
    ],
)
def test_the_day_of_a_schedule(schedule: Any, begin: datetime, hours: int, days: list[str]) -> None:
    """Each day of the schedule is one day's mailing: none is left out, and none has two names, in any zone and over DST."""
    with deployed(schedule, mailing=NAME) as one:
        runs = one.runs(begin, begin + timedelta(hours=hours) - timedelta(seconds=1))
        found = [occasion(one, run) for run in runs]
    assert sorted({str(each.day) for each in found}) == days
    assert [each.moment for each in found] == [run.expected_start_time for run in runs]


def test_by_hand_the_zone_is_that_of_its_schedules(monkeypatch: pytest.MonkeyPatch, configured: Settings) -> None:
    """A run somebody starts is for today where the mailing's schedules are; where they are not at one, or none is, where we are."""
    monkeypatch.setenv("MAILINGS_TIME_ZONE", "Pacific/Auckland")
    settings.cache_clear()
    late = datetime(2025, 11, 21, 3, 30, tzinfo=UTC)  # the 20th in New York, the 21st in Oslo and Auckland
    with deployed(cron("0 8 * * *", NEW_YORK), cron("0 9 * * 1", NEW_YORK), mailing=NAME) as one:
        assert str(occasion(one, one.run(late)).day) == "2025-11-20"
        assert str(occasion(one, one.run(late), zone=OSLO).day) == "2025-11-21"
    noon = datetime(2025, 11, 21, 12, tzinfo=UTC)  # the 22nd in Auckland
    with deployed(cron("0 8 * * *", NEW_YORK), cron("0 9 * * 1", OSLO), mailing=NAME) as one:
        assert str(occasion(one, one.run(noon)).day) == "2025-11-22"
    with deployed(mailing=NAME) as one:
        assert str(occasion(one, one.run(noon)).day) == "2025-11-22"


def test_a_given_day(configured: Settings) -> None:
    """A day somebody gives is that day, as chosen, however late the run begins; today may be given, and tomorrow may not."""
    noon = datetime(2025, 11, 21, 12, tzinfo=UTC)
    with deployed(cron("0 8 * * *", OSLO), mailing=NAME) as one:
        given = occasion(one, one.run(noon), date="2025-11-01")
        assert (str(given.day), given.chosen, given.moment) == ("2025-11-01", True, noon)
        assert occasion(one, one.run(noon), date="2025-11-21").chosen


def test_overtaken_only_by_what_is_due_for_the_same(configured: Settings) -> None:
    """A later night is seen only when its time has come, and only of the same mailing; a run that makes up for an old day is none."""
    begin = datetime(2025, 11, 20, 23, tzinfo=UTC)
    with deployed(cron("30 0 * * *", OSLO), mailing=NAME) as one:
        first, second = one.runs(begin, begin + timedelta(hours=48))
        one.run(begin + timedelta(hours=2), mailing="en annen")
        one.run(begin + timedelta(hours=30), occasion={"date": "2025-11-01"})
        assert occasion(one, first).overtaken is None
        assert occasion(one, first, begin + timedelta(hours=24)).overtaken is None
        assert str(occasion(one, first, begin + timedelta(hours=25)).overtaken) == "2025-11-22"
        assert occasion(one, second, begin + timedelta(hours=30)).overtaken is None
