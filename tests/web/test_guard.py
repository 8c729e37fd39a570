"""What stands before every page: headers, long addresses, errors that say nothing, lines of the log without secrets."""

from __future__ import annotations

import logging
import re

import pytest

from mailings.db import Database
from mailings.errors import MailingsError, NotAllowed, NotFound, TryLater, Unreachable, Unreadable, Untrusted
from mailings.tokens import Kind
from tests.web.opened import a_delivery, address, opened
from web.headers import POLICY

EVERYWHERE = {
    "content-security-policy": POLICY.decode(),
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "strict-transport-security": "max-age=31536000",
}


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "OPTIONS", "TRACE", "PUT"])
def test_every_answer_has_the_headers(db: Database, method: str) -> None:
    """Pages, errors and wrong methods alike: no script, no frame, no referrer, https only, no cookie, no word on what runs here."""
    with opened(db) as door:
        for target in ("/up", "/robots.txt", "/favicon.ico", "/nothing", "/c/x/1", "/u/x", "/hooks/sendgrid", "/hooks/nobody"):
            answer = door.ask(method, target)
            assert {name: answer.header(name) for name in EVERYWHERE} == EVERYWHERE, target
            assert answer.header("set-cookie") is None
            assert answer.header("server") is None
            assert answer.header("cache-control")


def test_nobody_is_told_to_come_by_https_where_there_is_none(db: Database) -> None:
    """An installation without https must stay reachable: no HSTS."""
    with opened(db, public_url="http://post.test") as door:
        assert door.ask("GET", "/up").header("strict-transport-security") is None


def test_the_pixel_may_be_shown_by_webmail(db: Database) -> None:
    """The open pixel is loaded by other sites; everything else is not for them."""
    with opened(db) as door:
        assert door.ask("GET", address(Kind.OPEN, 1)).header("cross-origin-resource-policy") == "cross-origin"
        assert door.ask("GET", "/nothing").header("cross-origin-resource-policy") == "same-origin"


def test_files_of_the_pages_are_kept_for_good(db: Database) -> None:
    """A style's name changes with its content, so browsers ask once; a name that was never given leads nowhere."""
    with opened(db) as door:
        path = door.app.state.door.pages.url_of("style.css")
        answer = door.ask("GET", path)
        assert (answer.status, answer.header("content-type")) == (200, "text/css; charset=utf-8")
        assert "immutable" in (answer.header("cache-control") or "")
        assert door.ask("GET", "/static/style.css").status == 404


def test_an_address_may_be_long_but_not_endless(db: Database) -> None:
    """16 kB hold the longest link of one recipient, escaped; beyond that the quiet page says 414."""
    with opened(db) as door:
        quiet = door.ask("GET", "/nothing")
        assert door.ask("GET", f"/d/x?u={'%C3%A5' * 2000}").status == 404
        assert (door.ask("GET", f"/d/x?u={'a' * 17_000}").status, door.ask("GET", f"/{'a' * 17_000}").body) == (414, quiet.body)


@pytest.mark.parametrize(
    ("error", "status", "shown"),
    [
        (Untrusted("åse's link"), 404, False),
        (NotFound("There is no mailing høst."), 404, False),
        (Unreadable("That is no address."), 400, True),
        (NotAllowed("The mailing is sent already."), 409, True),
        (Unreachable("The database at 10.0.0.5 does not answer."), 503, False),
        (TryLater("later"), 503, False),
        (MailingsError("something else"), 500, False),
        (RuntimeError("SELECT ... WHERE address = 'åse@fjord.test'"), 500, False),
        (KeyError("1a2b3c.token"), 500, False),
    ],
)
def test_each_error_has_its_answer(db: Database, error: Exception, status: int, shown: bool, caplog: pytest.LogCaptureFixture) -> None:
    """Only a sentence meant for the reader is shown; what broke stands in the log by a reference, without its values."""
    with opened(db) as door:

        @door.app.get("/break")
        def broken() -> None:
            raise error

        door.app.router.routes.insert(0, door.app.router.routes.pop())
        answer = door.ask("GET", "/break")
    assert answer.status == status
    assert (str(error).encode() in answer.body) is shown
    assert (answer.header("retry-after") is not None) is (status == 503)
    if status == 500 and not isinstance(error, MailingsError):
        reference = re.search(rb"Reference: ([0-9a-f]{8})", answer.body)
        assert reference
        assert reference[1].decode() in caplog.text
        assert str(error) not in caplog.text
        assert "test_guard.py" in caplog.text, "where it broke is said"


def test_a_number_that_is_none_is_the_quiet_page(db: Database) -> None:
    """What FastAPI finds wrong with an address is not told: its own answer would repeat it, and say what would have been right."""
    with opened(db) as door:

        @door.app.get("/numbered/{number}")
        def numbered(number: int) -> int:
            return number

        assert door.ask("GET", "/numbered/7").status == 200
        assert door.ask("GET", "/numbered/syv") == door.ask("GET", "/nothing")


def test_the_log_has_no_token_and_no_line_of_a_stranger(db: Database, caplog: pytest.LogCaptureFixture) -> None:
    """A line names the kind of page, the status and the time: whatever is asked for cannot write into the log."""
    caplog.set_level(logging.INFO, "mailings.web")
    delivery = a_delivery(db)
    with opened(db) as door:
        door.ask("GET", address(Kind.CLICK, delivery), user_agent="nasty\r\nagent")
        door.ask("GET", "/evil%0d%0aINFO%20forged/1")
        door.ask("G\nET", "/u/x?token=abc")
    lines = [record.getMessage() for record in caplog.records if record.name == "mailings.web"]
    assert [re.sub(r"[\d.]+ ms", "", line).strip() for line in lines] == ["GET /c/… 302", "GET /…/… 404", "… /u/… 404"]


def test_the_host_does_not_matter(db: Database) -> None:
    """Links of an old host name keep working (domain.md E.2), and no answer repeats the host that was asked for."""
    delivery = a_delivery(db)
    with opened(db) as door:
        assert door.ask("GET", address(Kind.CLICK, delivery), host="old.example").status == 302
        for target in ("/up/", "/nothing", address(Kind.CLICK, delivery) + "/"):
            answer = door.ask("GET", target, host="evil.example")
            assert answer.status == 404
            assert "evil.example" not in str(answer)


def test_up_says_whether_the_database_can_be_used(any_db: Database) -> None:
    """200 while it answers and has its tables; without them 503, to be asked again, and the same for every page that needs it."""
    with opened(any_db) as door:
        assert door.ask("GET", "/up").status == 200
        with any_db.connection() as connection:
            connection.exec_driver_sql("ALTER TABLE mailing RENAME TO elsewhere")
        assert door.ask("GET", "/up").status == 503
        answer = door.ask("GET", address(Kind.UNSUBSCRIBE, 1))
        assert (answer.status, answer.header("retry-after")) == (503, "60")
        with any_db.connection() as connection:
            connection.exec_driver_sql("ALTER TABLE elsewhere RENAME TO mailing")
