"""What is posted is counted, timed and bounded before any page sees it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from mailings.db import Database
from tests.web.opened import opened
from web.bodies import Bodies, replayed


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
        """A byte, after a while, for ever."""
        await asyncio.sleep(0.005)
        return {"type": "http.request", "body": b"x", "more_body": True}

    bodies = Bodies(patience=0.05)
    assert asyncio.run(bodies.read({"path": "/u/x", "headers": []}, receive)) == 408
    assert bodies.held == 0


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
