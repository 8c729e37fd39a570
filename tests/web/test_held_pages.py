"""Pages whose token holds: guarded like any other, forms that lead to themselves, and what is left without the person or the database."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from mailings.db import Database
from mailings.model import Person
from mailings.people.erasing import erase
from mailings.tokens import Kind
from tests.web.opened import SECRET, Opened, a_delivery, address, opened
from web.rates import Rates

PERSONAL = [Kind.UNSUBSCRIBE, Kind.PREFERENCES, Kind.ONLINE, Kind.CONFIRM]
SHOWN = [Kind.UNSUBSCRIBE, Kind.PREFERENCES, Kind.CONFIRM]  # the message these tests sent has nothing to be viewed


def forms(page: str) -> list[tuple[str, str]]:
    """The method and address of each form."""
    return re.findall(r'<form method="(\w+)" action="([^"]*)"', page)


@pytest.mark.parametrize("kind", SHOWN)
def test_a_form_posts_to_its_own_tokens_address(db: Database, kind: Kind) -> None:
    """No form leads elsewhere, and none is sent by GET, which scanners do; what it needs to know is the token in its address."""
    delivery = a_delivery(db)
    with opened(db) as door:
        answer = door.ask("GET", address(kind, delivery))
    assert answer.status == 200
    found = forms(answer.body.decode())
    assert found
    for method, action in found:
        assert method == "post"
        assert action.startswith("?") or re.match(r"/[up]/[\w.-]+\?", action), action
    assert "<script" not in answer.body.decode()


@pytest.mark.parametrize("kind", [*SHOWN, Kind.CLICK, Kind.DYNAMIC, Kind.OPEN])
def test_a_page_that_holds_is_guarded_like_any_other(db: Database, kind: Kind) -> None:
    """No cookie, no referrer, nothing kept by a cache: GET, HEAD and POST."""
    delivery = a_delivery(db)
    with opened(db) as door:
        for answer in (
            door.ask("GET", address(kind, delivery)),
            door.ask("HEAD", address(kind, delivery)),
            door.press(address(kind, delivery), save="1"),
        ):
            assert answer.header("set-cookie") is None
            assert answer.header("referrer-policy") == "no-referrer"
            assert (answer.header("cache-control") or "").startswith("no-store")
            assert "frame-ancestors 'none'" in (answer.header("content-security-policy") or "")
            assert answer.header("access-control-allow-origin") is None


@pytest.mark.parametrize("kind", PERSONAL)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_erased_person_leaves_the_quiet_page(any_db: Database, kind: Kind, method: str) -> None:
    """Nobody can tell an erased person's link from one that never was."""
    delivery = a_delivery(any_db)
    with any_db.writing() as session:
        erase(session, session.execute(select(Person.id)).scalar_one())
    with opened(any_db) as door:
        assert door.ask(method, address(kind, delivery)) == door.ask(method, "/nothing")


@pytest.mark.parametrize("kind", [Kind.CLICK, *PERSONAL])
def test_without_a_database_readers_are_asked_to_come_again(kind: Kind) -> None:
    """A database that does not answer is 503 with Retry-After, never a 500 and never "does not lead anywhere": the link is good."""
    away = Database("postgresql+psycopg://åse:hemmelig@127.0.0.1:1/away")
    with opened(away) as door:
        for method in ("GET", "POST"):
            if (method, kind) not in (("POST", Kind.CLICK), ("POST", Kind.ONLINE)):
                answer = door.ask(method, address(kind, 1))
                assert (answer.status, answer.header("retry-after")) == (503, "60")
                assert b"hemmelig" not in answer.body
                assert b"127.0.0.1" not in answer.body
        assert door.ask("GET", "/up").status == 503
        assert door.ask("GET", "/u/rubbish").status == 404, "what does not hold is told apart without the database"


def test_webhooks_that_succeed_are_under_no_limit(db: Database) -> None:
    """A provider's burst of a thousand posts from one address is taken in; posts that fail are refused after thirty."""
    with opened(db, rates=Rates(lambda: 0.0)) as door:
        a_hook(door)
        assert {door.ask("POST", "/hooks/test", b"[]").status for _ in range(1000)} == {204}
        assert [door.ask("POST", "/hooks/nobody", b"[]").status for _ in range(31)] == [404] * 30 + [429]
        assert door.ask("POST", "/hooks/test", b"[]").status == 204


def test_what_breaks_half_way_is_written_down(db: Database, caplog: pytest.LogCaptureFixture) -> None:
    """An answer that has begun cannot be taken back; the log says where it broke, and not what it broke on."""
    with opened(db) as door:

        async def half(_scope: object, _receive: object, send: object) -> None:
            """Begins an answer, and breaks."""
            await send({"type": "http.response.start", "status": 200, "headers": []})  # type: ignore[operator]
            raise ValueError(SECRET)

        door.app.mount("/half", half)  # type: ignore[arg-type]
        assert door.ask("GET", "/half/way").status == 200
    assert "ValueError" in caplog.text
    assert SECRET not in caplog.text


def a_hook(door: Opened) -> None:
    """Lets the door take anything at /hooks/test."""

    @door.app.post("/hooks/test", status_code=204)
    def take() -> None:
        """Takes it."""

    door.app.router.routes.insert(0, door.app.router.routes.pop())
