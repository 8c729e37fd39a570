"""What people read on a screen, where a document has more."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime

import pytest

from cli import audience, people_shown
from cli.figures import print_figures
from cli.people_shown import browser, tell_person
from mailings.db import Database
from mailings.model import Mailing, MailingStatus, Person
from mailings.people.showing import show
from mailings.reports.figures import status_of
from mailings.settings import Settings
from tests.sending import world
from tests.tracking.clicked import AGENT, click, click_address, delivered, linked, reader, sent


def test_a_visit_fits_on_a_narrow_screen(db: Database, capsys: pytest.CaptureFixture[str]) -> None:
    """Moments have one shape and one line each, and the program is a word."""
    people_shown.screen.width, before = 80, people_shown.screen.width
    with db.writing() as session:
        autumn = sent(session)
        linked(session, autumn)
        ase = reader(session, "Åse Ødegård")
        got = delivered(session, autumn, ase)
        click(session, got, 1)
        click_address(session, got, "https://fjord.test/din/1")
        held = show(session, session.get_one(Person, ase.id))
    try:
        tell_person(held)
    finally:
        people_shown.screen.width = before
    told = capsys.readouterr().out
    assert "2026-11-21 09:01 UTC" in told
    assert "+00:00" not in told
    assert AGENT not in told


@pytest.mark.parametrize(("zone", "said"), [("UTC", "2026-12-24 09:00:00 UTC."), ("Europe/Oslo", "2026-12-24 10:00:00 CET.")])
def test_a_planned_moment_names_its_zone(
    db: Database, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, zone: str, said: str
) -> None:
    """When a mailing will go is read on machines that stand in UTC by people who do not: the zone is beside it."""
    mailing_id = world.sending(db, recipients=1)
    with db.writing() as session:
        mailing = session.get_one(Mailing, mailing_id)
        mailing.status, mailing.scheduled_at = MailingStatus.SCHEDULED, datetime(2026, 12, 24, 9, tzinfo=UTC)
        document = status_of(session, mailing)
    with monkeypatch.context() as place:
        place.setenv("TZ", zone)
        time.tzset()
        print_figures(document)
    time.tzset()
    assert f"Planned for {said}" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0 Safari/537.36 Edg/142.0", "Edge"),
        ("Mozilla/5.0 (Macintosh) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15", "Safari"),
        ("Something that nobody ever heard of, at length", "Something that nobody ever hea"),
    ],
)
def test_browsers(agent: str, name: str) -> None:
    """A browser by its own name; what we do not know by its beginning."""
    assert browser(agent) == name


def test_what_became_of_a_message_is_said_in_words(db: Database, configured: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    """The last line of explain has its moment as every screen has: to the minute, in UTC, and no column's name."""
    with db.writing() as session:
        autumn = sent(session)
        ase = reader(session, "Åse Ødegård")
        delivered(session, autumn, ase)
        name, address = autumn.name, ase.addresses[0].normal
    audience.explain(name, address)
    told = capsys.readouterr().out
    assert re.search(r"message: status \w+; sent at \d{4}-\d\d-\d\d \d\d:\d\d UTC; attempts \d", told), told
