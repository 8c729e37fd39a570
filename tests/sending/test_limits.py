"""Limits as people set them: every name in one spelling, every mistake one sentence, and what is not named stays as it was."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from typing import Any

import pytest

from mailings.clock import standing_at
from mailings.db import Database
from mailings.errors import MailingsError, NotFound, Unreadable
from mailings.model import MailingStatus
from mailings.sending.limits.setting import Change, remove_limit, set_limit
from mailings.sending.limits.shown import Shown, limits_shown
from mailings.sending.limits.throttle import Throttle
from mailings.settings import Settings
from tests.sending.limited import bucket, row
from tests.sending.world import START, mailing

HOUR = timedelta(hours=1)


def put(db: Database, name: str, **change: Any) -> str:
    """Set a limit as a person would; its name as the table has it."""
    with db.writing() as session:
        return set_limit(session, name, Change(**change)).name


def shown(db: Database, **chosen: Any) -> dict[str, Shown]:
    """What `mailings limits` would show, by name, in order."""
    with db.reading() as session:
        return {one.state.name: one for one in limits_shown(session, Settings(**chosen))}


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("installation", "installation"),
        (" Installation ", "installation"),
        ("transport:smtp", "transport:smtp"),
        ("sender:Désirée@Example.test", None),
        ("sender:News@Fjord.TEST", "sender:news@fjord.test"),
        ("sender:Fjord.test", "sender:fjord.test"),
        ("domain:Ærlig.test", "domain:xn--rlig-uoa.test"),
        ("domain:GMAIL.com.", "domain:gmail.com"),
        ("mailing:høst-nytt", "mailing:høst-nytt"),
    ],
)
def test_one_spelling(any_db: Database, written: str, name: str | None) -> None:
    """However it is written, a limit has one name: lower case, domains in ASCII; an address nobody can write from is refused."""
    mailing(any_db)
    if name is None:
        with pytest.raises(Unreadable):
            put(any_db, written, rate=60)
        return
    assert put(any_db, written, rate=60) == name
    assert put(any_db, name, rate=90) == name
    assert list(shown(any_db)) == [name]
    assert row(any_db, name).per_minute == 90


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("gmail.com", "'gmail.com' is no limit's name; write domain:gmail.com (who receives) or sender:gmail.com (who writes)."),
        ("news@fjord.test", "'news@fjord.test' is no limit's name; write sender:news@fjord.test."),
        ("smtp", "'smtp' is no limit's name; write transport:smtp."),
        ("domian:gmail.com", "'domian:gmail.com' is no limit's name; write domain:gmail.com."),
        ("domain:gmail com", "'gmail com' cannot be read as a domain; write it like gmail.com."),
        ("domain:åse@fjord.test", "'åse@fjord.test' cannot be read as a domain; write it like gmail.com."),
        ("transport:pigeon", "There is no transport named 'pigeon'; there are folder, memory, pdf, sendgrid, smtp, twilio."),
        ("mailing:høst-nyt", "There is no mailing named 'høst-nyt'; did you mean høst-nytt?"),
    ],
)
def test_names_that_are_none(any_db: Database, written: str, told: str) -> None:
    """A wrong name is one sentence that says what to write instead, and nothing is stored."""
    mailing(any_db)
    with pytest.raises(MailingsError) as caught:
        put(any_db, written, rate=60)
    assert str(caught.value) == told
    assert shown(any_db) == {}


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"rate": 0.0},
        {"rate": -1.0},
        {"rate": float("nan")},
        {"rate": float("inf")},
        {"rate": 60.0, "burst": 0},
        {"burst": 5},
        {"quiet": "21"},
        {"quiet": "21:00-21:00"},
        {"quiet": "25:00-07:00"},
        {"quiet": "21:00-07:00", "zone": "Oslo"},
        {"ramp_growth": 2.0},
        {"ramp_first": 0},
        {"ramp_first": 50, "ramp_growth": 0.5},
        {"ramp_first": 50, "ramp_growth": float("nan")},
        {"ramp_first": 50, "ramp_from": "tomorrow"},
        {"without": ("everything",)},
    ],
    ids=str,
)
def test_what_cannot_be_kept(db: Database, change: dict[str, Any]) -> None:
    """What no limit can be is refused, also beside something that could, and the limit stays as it was."""
    put(db, "domain:fjord.test", quiet="20:00-06:00")
    with pytest.raises(Unreadable):
        put(db, "domain:fjord.test", **change)
    kept = row(db, "domain:fjord.test")
    assert (kept.quiet_from, kept.quiet_until, kept.zone, kept.per_minute, kept.burst) == ("20:00", "06:00", "UTC", None, 1)


def test_part_by_part(any_db: Database) -> None:
    """Each part is set and taken away by itself; the rest stays, and what is used stays used."""
    put(any_db, "installation", rate=600, burst=20)
    with any_db.connection() as connection, standing_at(START):
        limits = Throttle(["installation"], {})
        limits.make(connection)
    with standing_at(START):
        limits.reserve(any_db, 20)
        put(any_db, "installation", quiet="9:30-10:15", zone="europe/oslo")
        put(any_db, "installation", ramp_first=50)
    found = row(any_db, "installation")
    assert (found.per_minute, found.burst, found.quiet_from, found.quiet_until, found.zone) == (600, 20, "09:30", "10:15", "Europe/Oslo")
    assert (found.ramp_from, found.ramp_first, found.ramp_growth) == ("2026-11-21", 50, 1.5)
    assert found.next_free > 0
    put(any_db, "installation", ramp_growth=2.0, without=("rate", "quiet"))
    found = row(any_db, "installation")
    assert (found.per_minute, found.burst, found.quiet_from, found.ramp_first, found.ramp_growth) == (None, 1, None, 50, 2.0)


def test_a_slowing_is_ended_by_a_person(any_db: Database) -> None:
    """Who knows better than a provider's 421 of yesterday takes the slowing away."""
    bucket(any_db, "domain:fjord.test", per_minute=600, rate=75, rate_before=600, slowed_at=START)
    found = shown(any_db)["domain:fjord.test"]
    assert (found.now, found.slowed) == (75, True)
    put(any_db, "domain:fjord.test", without=("slowing",))
    found = shown(any_db)["domain:fjord.test"]
    assert (found.now, found.slowed) == (600, False)


def test_removed(any_db: Database) -> None:
    """A limit is taken away under any spelling, also that of a mailing that is gone; one that is not there is told with its likes."""
    put(any_db, "domain:ærlig.test", rate=60)
    bucket(any_db, "mailing:slettet", per_minute=5)
    with any_db.writing() as session:
        assert remove_limit(session, "domain:Ærlig.test") == "domain:xn--rlig-uoa.test"
        assert remove_limit(session, "mailing:slettet") == "mailing:slettet"
    put(any_db, "domain:gmail.com", rate=60)
    with any_db.writing() as session, pytest.raises(NotFound, match=r"did you mean domain:gmail\.com"):
        remove_limit(session, "domain:gmial.com")


def test_a_number_is_never_given_again(any_db: Database) -> None:
    """The lane of a limit that was removed is nobody else's: what stands in it is not slowed by another domain's limit."""
    first = bucket(any_db, "domain:fjord.test", per_minute=5)
    with any_db.writing() as session:
        remove_limit(session, "domain:fjord.test")
    assert bucket(any_db, "domain:dal.test", per_minute=5) > first


def test_what_is_shown(any_db: Database) -> None:
    """The broadest kind first; what settings and mailings under way ask for too, and not what nobody limits any more."""
    for name, status in (("går", MailingStatus.SENDING), ("gikk", MailingStatus.SENT)):
        mailing(any_db, name, status=status, rate=30.0)
    bucket(any_db, "mailing:gikk")
    for name in ("mailing:går", "domain:fjord.test", "sender:fjord.test", "transport:smtp"):
        put(any_db, name, rate=60)
    found = shown(any_db, rate=120.0)
    assert list(found) == ["installation", "transport:smtp", "sender:fjord.test", "domain:fjord.test", "mailing:går"]
    assert [one.now for one in found.values()] == [120, 60, 60, 60, 30]


def test_free_in(any_db: Database) -> None:
    """When the next message may leave, and what is waited for; a warm-up shows how many of the day's have left."""
    put(any_db, "installation", quiet="21:00-07:00", zone="Europe/Oslo")
    put(any_db, "sender:fjord.test", ramp_from="2026-11-20", ramp_first=50, ramp_growth=2.0)
    limits = Throttle(["sender:fjord.test", "installation"], {})
    with standing_at(START):
        limits.reserve(any_db, 30)
        assert {name: (one.free_in, one.today) for name, one in shown(any_db).items()} == {
            "installation": (0, None),
            "sender:fjord.test": (0, (30, 100)),
        }
    with standing_at(START + 12 * HOUR):
        one = shown(any_db)["installation"]
        assert (one.free_in, one.waits_for) == (9 * 3600, "quiet hours of the installation, 21:00 to 07:00 in Europe/Oslo")


def test_a_change_has_only_what_a_limit_has() -> None:
    """Nothing is changed that nobody named: every part of a Change is nothing unless it is said."""
    assert set(asdict(Change()).values()) == {None, ()}
