"""Reports at the desk: the figures of test vector (e), charts as pictures, the workbook and the page to be kept."""

from __future__ import annotations

from io import BytesIO

import pytest
from openpyxl import load_workbook
from sqlalchemy import select

from mailings import clock
from mailings.consent.standing import block_address
from mailings.db import Database
from mailings.model import DeliveryStatus, Mailing, MailingStatus, Role
from mailings.reported import BounceKind, BounceWhy
from tests.consent.waiting import a_mailing, queue
from tests.web.desk.seated import Seat, seated

NAME = "høst-nytt"


@pytest.fixture
def vector(db: Database) -> Database:
    """Ten sent, two of them hard and one soft bounced, four opened, three of those clicked (domain.md O, vector e)."""
    with db.writing() as session:
        mailing = a_mailing(session, NAME, status=MailingStatus.SENT, finished_at=clock.now())
        for number in range(10):
            delivery = queue(session, mailing, f"å{number}@søn.test", DeliveryStatus.SENT)
            delivery.sent_at = clock.now()
            if number < 3:
                delivery.status, delivery.bounce_why = DeliveryStatus.BOUNCED, BounceWhy.MAILBOX
                delivery.bounce = BounceKind.SOFT if number == 2 else BounceKind.HARD
            elif number < 7:
                delivery.opened_at = clock.now()
                delivery.clicked_at = clock.now() if number < 6 else None
    return db


def look(seat: Seat, tail: str) -> bytes:
    """What a page below the mailing answers, which must be well."""
    answer = seat.look(f"/mailings/{NAME}/{tail}".rstrip("/"))
    assert answer.status_code == 200, answer.text
    return answer.content


def test_the_tiles_say_what_the_rules_say(vector: Database) -> None:
    """Delivered 7, opened 57.14 % (4), clicked 42.86 % (3), bounced 30 % (3): two hard, one soft; on the Summary too."""
    with seated(vector, Role.READER) as seat:
        for tail in ("reports", ""):
            page = " ".join(look(seat, tail).decode().split())
            for told in ("57.14 % <small>(4)</small>", "42.86 % <small>(3)</small>", "30.0 % <small>(3)</small>"):
                assert told in page
        assert "2 hard, 1 soft" in look(seat, "reports").decode()
        assert "57,14 %" in seat.look(f"/mailings/{NAME}/reports", **{"accept-language": "nl"}).text


def test_domains_are_written_as_people_write_them(db: Database) -> None:
    """søn.test, though its mail goes to xn--sn-lka.test."""
    with db.writing() as session:
        mailing = a_mailing(session, NAME, status=MailingStatus.SENT, finished_at=clock.now())
        queue(session, mailing, "åse@xn--sn-lka.test", DeliveryStatus.SENT).sent_at = clock.now()
    with seated(db, Role.READER) as seat:
        assert '<th scope="row" class="name">søn.test</th>' in look(seat, "reports").decode()


def test_blocked_addresses_too(db: Database) -> None:
    """The list of blocked addresses says blåbær.no; what is ticked is the address as it is kept."""
    with db.writing() as session:
        block_address(session, "per@xn--blbr-roah.no", "mailbox reports: 550 ukjent")
    with seated(db) as seat:
        page = seat.look("/bounces").text
    assert (">per@blåbær.no<" in page, 'value="per@xn--blbr-roah.no"' in page) == (True, True)


@pytest.mark.parametrize("kind", ["links", "opens", "statuses", "bounces"])
def test_each_chart_is_a_picture_that_does_nothing(vector: Database, kind: str) -> None:
    """SVG with a title of its own; its address runs nothing, even when it is opened by itself."""
    with seated(vector, Role.READER) as seat:
        answer = seat.look(f"/mailings/{NAME}/charts/{kind}.svg")
        assert answer.headers["content-type"] == "image/svg+xml"
        assert answer.headers["content-security-policy"].startswith("default-src 'none'")
        assert answer.content.startswith(b"<svg")
        assert b"<title" in answer.content
        assert seat.look(f"/mailings/{NAME}/charts/nope.svg").status_code == 404


def test_the_workbook_and_the_page_are_kept_as_files(vector: Database) -> None:
    """Both named after the mailing; the workbook opens and has its five sheets; the page asks for nothing elsewhere."""
    with seated(vector, Role.READER) as seat:
        answer = seat.look(f"/mailings/{NAME}/report.xlsx")
        assert answer.headers["content-disposition"] == "attachment; filename*=UTF-8''h%C3%B8st-nytt.xlsx"
        book = load_workbook(BytesIO(answer.content))
        assert len(book.sheetnames) == 5
        page = seat.look(f"/mailings/{NAME}/report.html")
        assert page.headers["content-disposition"].endswith("nytt.html")
        assert "57.14" in page.text
        assert "src=" not in page.text


def test_nothing_sent_is_said_in_words(db: Database) -> None:
    """Before the first message there are no charts of nothing."""
    with db.writing() as session:
        a_mailing(session, NAME, status=MailingStatus.DRAFT, started_at=None)
    with seated(db, Role.READER) as seat:
        page = look(seat, "reports").decode()
    assert "Nothing has been sent yet" in page
    assert "charts/" not in page


def test_a_reader_may_have_it_counted_anew(vector: Database) -> None:
    """Refresh counts what is to be counted, so that the next look adds up; it changes no figure and leads back."""
    with seated(vector, Role.READER) as seat:
        before = look(seat, "charts/statuses.svg")
        assert seat.press(f"/mailings/{NAME}/refresh").headers["location"] == "/desk/mailings/h%C3%B8st-nytt/reports"
        assert look(seat, "charts/statuses.svg") == before
    with vector.reading() as session:
        assert session.scalars(select(Mailing.figures_at)).one() is not None
