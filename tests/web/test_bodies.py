"""What is posted is counted, timed and bounded before any page sees it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from mailings.db import Database
from mailings.tokens import Kind
from tests.web.opened import STRANGER, a_delivery, address, opened
from web.bodies import MB, Bodies, Budget, replayed
from web.rates import MISSING, Rates


def a_post(size: int, chunk: int = 1000, path: str = "/u/x", **headers: str) -> tuple[dict[str, Any], Callable[[], Awaitable[Any]]]:
    """A scope and a receive that brings `size` bytes without having said how many."""
    left = [min(chunk, size - at) for at in range(0, size, chunk)] or [0]

    async def receive() -> dict[str, Any]:
        """The next chunk."""
        part = left.pop(0)
        return {"type": "http.request", "body": b"x" * part, "more_body": bool(left)}

    return {"path": path, "headers": [(k.encode(), v.encode()) for k, v in headers.items()]}, receive


def test_too_much_is_refused_before_it_is_read(db: Database) -> None:
    """A post that says it is too large is refused at once, by a connection that then ends."""
    with opened(db) as door:
        answer = door.ask("POST", "/u/x", [b"x"], content_length=str(65 * 1024))
        assert (answer.status, answer.header("connection")) == (413, "close")
        assert door.ask("POST", "/u/x", [b"x"], content_length="9" * 5000).status == 413


@pytest.mark.parametrize(("path", "limit"), [("/u/x", 64 * 1024), ("/hooks/sendgrid", 5 * 1024 * 1024)])
def test_what_is_posted_is_counted_while_it_is_read(path: str, limit: int) -> None:
    """A body that says nothing of its size (chunked) is cut off at the limit; one of exactly the limit is read. Nothing stays held."""
    budget = Bodies().of({"path": path})
    for size, expected in ((limit, limit), (limit + 1, 413)):
        scope, receive = a_post(size, 60_000, path)
        read = asyncio.run(budget.read(scope, receive, STRANGER))
        assert (len(read) if isinstance(read, bytes) else read) == expected
        if isinstance(read, bytes):
            budget.release(read, STRANGER)
    assert budget == Bodies().of({"path": path})


def test_all_bodies_together_are_bounded() -> None:
    """Many large posts at once do not fill the memory: the one too many is asked to come again."""
    budget = Budget(body=900, most=1000, each=900)
    first = asyncio.run(budget.read(*a_post(800), STRANGER))
    assert asyncio.run(budget.read(*a_post(300), "198.51.100.1")) == 503
    assert isinstance(first, bytes)
    budget.release(first, STRANGER)
    assert asyncio.run(budget.read(*a_post(300), "198.51.100.1")) == b"x" * 300


def test_one_client_has_a_share() -> None:
    """Who holds all one client may is asked to come again, and everybody else is read; what was let go can be held anew."""
    budget = Bodies().hooks
    held = [asyncio.run(budget.read(*a_post(4 * MB, MB, "/hooks/sendgrid"), STRANGER)) for _ in range(5)]
    assert [body if isinstance(body, int) else len(body) for body in held] == [4 * MB] * 4 + [503]
    assert len(asyncio.run(budget.read(*a_post(4 * MB, MB, "/hooks/sendgrid"), "198.51.100.1"))) == 4 * MB  # type: ignore[arg-type]
    budget.release(held[0], STRANGER)  # type: ignore[arg-type]
    assert len(asyncio.run(budget.read(*a_post(4 * MB, MB, "/hooks/sendgrid"), STRANGER))) == 4 * MB  # type: ignore[arg-type]


def test_reports_that_do_not_end_keep_nobody_from_unsubscribing(db: Database) -> None:
    """While strangers hold all there is for webhooks a reader's post is answered."""
    deliveries, bodies = a_delivery(db), Bodies()
    for number in range(16):
        asyncio.run(bodies.hooks.read(*a_post(4 * MB, MB, "/hooks/sendgrid"), f"198.51.100.{number}"))
    with opened(db, bodies=bodies) as door:
        assert door.ask("POST", "/hooks/sendgrid", b"[]").status == 503
        assert door.press(address(Kind.UNSUBSCRIBE, deliveries), **{"List-Unsubscribe": "One-Click"}).status == 200


@pytest.mark.parametrize(("path", "then"), [("/hooks/sendgrid", 429), ("/u/x", 404)])
def test_a_report_that_does_not_end_is_a_miss(db: Database, path: str, then: int) -> None:
    """Whoever begins reports and lets them hang is counted as one who tries addresses out; a slow form is only a slow form."""
    bodies, rates = Bodies(), Rates(lambda: 1000.0)
    bodies.hooks.patience = bodies.pages.patience = 0.01
    with opened(db, bodies=bodies, rates=rates) as door:
        assert {door.ask("POST", path, [b"x", None]).status for _ in range(int(MISSING.burst))} == {408}
        assert door.ask("GET", "/nothing").status == then
    assert bodies.hooks.held == bodies.pages.held == 0


def test_a_body_that_never_ends_is_given_up(db: Database) -> None:
    """Whoever sends a byte now and then is let go after the patience."""

    async def receive() -> dict[str, Any]:
        """A byte, after a while, for ever."""
        await asyncio.sleep(0.005)
        return {"type": "http.request", "body": b"x", "more_body": True}

    budget = Budget(1000, 1000, 1000, patience=0.05)
    assert asyncio.run(budget.read({"path": "/u/x", "headers": []}, receive, STRANGER)) == 408
    assert budget == Budget(1000, 1000, 1000, patience=0.05)


def test_a_body_is_handed_on_once_and_whole() -> None:
    """A page receives what was posted in one piece, and then what comes after it."""

    async def receive() -> dict[str, Any]:
        """The client has gone."""
        return {"type": "http.disconnect"}

    again = replayed("blåbær".encode(), receive)
    assert asyncio.run(again()) == {"type": "http.request", "body": "blåbær".encode(), "more_body": False}  # type: ignore[arg-type]
    assert asyncio.run(again()) == {"type": "http.disconnect"}  # type: ignore[arg-type]


def test_who_hangs_up_is_not_answered(db: Database) -> None:
    """A client that is gone before all was sent gets nothing, and nothing is done."""
    with opened(db) as door:
        assert door.ask("POST", "/u/x", []).status == 0
