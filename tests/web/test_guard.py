"""What stands before every page: sizes, times, headers, errors that say nothing, lines of the log without secrets."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from mailings.db import Database
from mailings.errors import MailingsError, NotAllowed, NotFound, TryLater, Unreachable, Unreadable, Untrusted
from mailings.tokens import Kind
from tests.web.opened import a_delivery, address, opened
from web.bodies import Bodies, replayed
from web.headers import POLICY

EVERYWHERE = {
    "content-security-policy": POLICY.decode(),
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "strict-transport-security": "max-age=31536000",
}


def a_post(size: int, chunk: int = 1000, path: str = "/u/x", **headers: str) -> tuple[dict[str, Any], Callable[[], Awaitable[Any]]]:
    """A scope and a receive that brings `size` bytes without having said how many."""
    left = [min(chunk, size - at) for at in range(0, size, chunk)] or [0]

    async def receive() -> dict[str, Any]:
        part = left.pop(0)
        return {"type": "http.request", "body": b"x" * part, "more_body": bool(left)}

    return {"path": path, "headers": [(k.encode(), v.encode()) for k, v in headers.items()]}, receive


@pytest.mark.parametrize("target", ["/up", "/robots.txt", "/favicon.ico", "/nothing", "/c/x/1", "/u/x", "/hooks/sendgrid", "/hooks/nobody"])
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "OPTIONS", "TRACE", "PUT"])
def test_every_answer_has_the_headers(db: Database, target: str, method: str) -> None:
    """Pages, errors and wrong methods alike: no script, no frame, no referrer, https only, no cookie, no word on what runs here."""
    with opened(db) as door:
        answer = door.ask(method, target)
    assert {name: answer.header(name) for name in EVERYWHERE} == EVERYWHERE
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


def test_too_much_is_refused_before_it_is_read(db: Database) -> None:
    """A post that says it is too large is refused at once, by a connection that then ends."""
    with opened(db) as door:
        answer = door.ask("POST", "/u/x", [b"x"], content_length=str(65 * 1024))
        assert (answer.status, answer.header("connection")) == (413, "close")
        assert door.ask("POST", "/u/x", [b"x"], content_length="9" * 5000).status == 413


@pytest.mark.parametrize(("path", "limit"), [("/u/x", 64 * 1024), ("/hooks/sendgrid", 5 * 1024 * 1024)])
def test_what_is_posted_is_counted_while_it_is_read(path: str, limit: int) -> None:
    """A body that says nothing of its size (chunked) is cut off at the limit; one of exactly the limit is read. Nothing stays held."""
    bodies = Bodies()
    for size, expected in ((limit, limit), (limit + 1, 413)):
        scope, receive = a_post(size, 60_000, path)
        read = asyncio.run(bodies.read(scope, receive))
        assert (len(read) if isinstance(read, bytes) else read) == expected
        if isinstance(read, bytes):
            bodies.release(read)
    assert bodies.held == 0


def test_all_bodies_together_are_bounded() -> None:
    """Many large posts at once do not fill the memory: the one too many is asked to come again."""
    bodies = Bodies(most=1000)
    first = asyncio.run(bodies.read(*a_post(800)))
    assert asyncio.run(bodies.read(*a_post(300))) == 503
    assert isinstance(first, bytes)
    bodies.release(first)
    assert asyncio.run(bodies.read(*a_post(300))) == b"x" * 300


def test_a_body_that_never_ends_is_given_up(db: Database) -> None:
    """Whoever sends a byte now and then is let go after the patience."""

    async def receive() -> dict[str, Any]:
        await asyncio.sleep(0.005)
        return {"type": "http.request", "body": b"x", "more_body": True}

    bodies = Bodies(patience=0.05)
    assert asyncio.run(bodies.read({"path": "/u/x", "headers": []}, receive)) == 408
    assert bodies.held == 0


def test_a_body_is_handed_on_once_and_whole() -> None:
    """A page receives what was posted in one piece, and then what comes after it."""

    async def receive() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    again = replayed("blåbær".encode(), receive)
    assert asyncio.run(again()) == {"type": "http.request", "body": "blåbær".encode(), "more_body": False}  # type: ignore[arg-type]
    assert asyncio.run(again()) == {"type": "http.disconnect"}  # type: ignore[arg-type]


def test_who_hangs_up_is_not_answered(db: Database) -> None:
    """A client that is gone before all was sent gets nothing, and nothing is done."""
    with opened(db) as door:
        assert door.ask("POST", "/u/x", []).status == 0


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
