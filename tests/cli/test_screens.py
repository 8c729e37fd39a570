"""What people read on a screen, where a document has more."""

from __future__ import annotations

import pytest

from cli import people_shown
from cli.people_shown import browser, tell_person
from mailings.db import Database
from mailings.model import Person
from mailings.people.showing import show
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
