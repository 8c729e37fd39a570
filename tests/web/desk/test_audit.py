"""The log of changes at the desk: by user, subject and day, page by page, and as a list no spreadsheet can be hurt by."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta

import pytest

from mailings import clock
from mailings.db import Database
from mailings.model import Role
from mailings.staff import auditing
from mailings.staff.log import Asked, every_line, lines
from tests.web.desk.seated import seated
from web.desk.audit import harmless

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def _entries(db: Database, number: int, by: str = "åse", subject: str = "mailing høst-nytt") -> None:
    with db.writing() as session:
        for n in range(number):
            with clock.standing_at(NOON + timedelta(hours=n)):
                auditing.record(session, by, "pause", subject, n=n)


def test_every_line_is_on_exactly_one_page(any_db: Database) -> None:
    """Newest first, a hundred a page, however many have the same moment; what is written meanwhile shifts nothing."""
    _entries(any_db, 150)
    _entries(any_db, 150, by="bo")
    seen: list[int] = []
    before = None
    while True:
        with any_db.reading() as session:
            page = lines(session, Asked(), before=before)
        _entries(any_db, 1)
        if not page:
            break
        seen += [line.id for line in page]
        before = page[-1].id
    assert seen == sorted(set(seen), reverse=True)
    assert len(seen) == 300


def test_lines_are_found_by_user_subject_and_day(any_db: Database) -> None:
    """Each alone and all together; a day is one in UTC, from midnight to midnight."""
    _entries(any_db, 30)
    _entries(any_db, 3, by="bo", subject="person 7")
    with any_db.reading() as session:
        assert len(lines(session, Asked(by="bo"))) == 3
        assert len(lines(session, Asked(subject="mailing høst-nytt"))) == 30
        of_day = list(every_line(session, Asked(by="åse", day=NOON.date() + timedelta(days=1))))
    assert [line.details["n"] for line in of_day] == list(range(29, 11, -1))


def test_the_page_shows_them_and_leads_on(db: Database) -> None:
    """A hundred lines, the way to older ones with the same question, and back."""
    _entries(db, 120)
    with seated(db, Role.ADMIN) as seat:
        page = seat.look("/audit?by=åse").text
        assert page.count("<tr>") == 101
        assert "/desk/audit?by=%C3%A5se&amp;before=21" in page
        assert seat.look("/audit?by=åse&before=21").text.count("<tr>") == 21
        assert seat.look("/audit?by=ingen&day=i+g%C3%A5r").status_code == 200


def test_the_list_is_complete_and_harmless(db: Database) -> None:
    """CSV in UTF-8 with a mark; a name that begins like a formula is text."""
    _entries(db, 2)
    _entries(db, 1, by='=HYPERLINK("https://evil.test")', subject="@SUM(1)")
    with seated(db, Role.ADMIN) as seat:
        answer = seat.look("/audit.csv")
    assert answer.headers["content-disposition"] == 'attachment; filename="log-of-changes.csv"'
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [(row["who"], row["subject"]) for row in rows] == [
        ('\'=HYPERLINK("https://evil.test")', "'@SUM(1)"),
        ("åse", "mailing høst-nytt"),
        ("åse", "mailing høst-nytt"),
    ]
    assert rows[1]["when_utc"].startswith("2026-11-22T13:00:00.000")


@pytest.mark.parametrize("cell", ["=1", "+1", "-1", "@x", "\tx", "\rx"])
def test_no_cell_begins_a_formula(cell: str) -> None:
    """What a spreadsheet would compute gets a mark in front; anything else stays as it is."""
    assert harmless(cell) == f"'{cell}"
    assert harmless("åse = bo") == "åse = bo"
