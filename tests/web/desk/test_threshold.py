"""What every request to the desk must be, and what every answer of it says to browsers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from mailings.db import Database
from mailings.model import Role
from tests.web.desk.seated import Seat, seated
from web.bodies import MB


@pytest.fixture
def seat(db: Database) -> Iterator[Seat]:
    """A reader at the desk."""
    with seated(db, Role.READER) as made:
        yield made


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND"])
def test_methods_we_do_not_know_are_answered_with_nothing(seat: Seat, method: str) -> None:
    """405 and no words, on pages there are and pages there are not."""
    for path in ("/desk/mailings", "/desk/nothing", "/desk"):
        answer = seat.client.request(method, path)
        assert (answer.status_code, answer.text) == (405, "")


def test_head_is_get_without_what_it_shows(seat: Seat) -> None:
    """HEAD has the status and headers of GET, on every page, and no body."""
    for path in ("/desk/me", "/desk/nothing", "/desk/users"):
        asked, looked = seat.client.head(path, follow_redirects=False), seat.client.get(path, follow_redirects=False)
        assert (asked.status_code, asked.text) == (looked.status_code, "")
        assert asked.headers["content-type"] == looked.headers["content-type"]


def test_pages_are_kept_by_nobody_and_framed_by_nobody(seat: Seat) -> None:
    """No cache, no frame, no script but ours, no address passed on to other sites; errors too."""
    for path in ("/me", "/nothing", "/users", "/sign-in"):
        headers = seat.look(path).headers
        assert headers["cache-control"] == "no-store"
        assert headers["x-frame-options"] == "DENY"
        if path != "/sign-in":  # who is signed in is sent on from there
            assert "script-src 'self'" in headers["content-security-policy"]
            assert "unsafe" not in headers["content-security-policy"]
            assert headers["referrer-policy"] == "same-origin"


@pytest.mark.parametrize(
    "path", ["/mailings%00", "/me?x=%00", f"/people/{10**30}", f"/people/{2**63}", "/audit?before=99999999999999999999"]
)
def test_what_no_row_can_have_is_no_error_of_ours(any_db: Database, path: str) -> None:
    """A zero character, a number that no column holds: an address that leads nowhere, on both databases."""
    with seated(any_db, *Role) as seat:
        assert seat.look(path).status_code in (400, 404)


def test_a_large_body_is_read_for_nobody_but_a_sender_who_imports(db: Database, seat: Seat) -> None:
    """A stranger's and a reader's file are refused unread at 64 KB; a sender's list of 20 MB is taken, and one larger is not."""
    large: dict[str, Any] = {"files": {"list": ("personer.csv", b"x" * (1 * MB))}, "data": {"csrf": seat.csrf}}
    assert seat.client.post("/desk/import", **large).status_code == 413
    assert seat.client.post("/desk/users", **large).status_code == 413
    seat.client.cookies.clear()
    assert seat.client.post("/desk/import", **large).status_code == 413
    with seated(db, Role.SENDER) as sender:
        with db.writing() as session:
            session.connection().exec_driver_sql("""UPDATE user_account SET roles = '["sender"]'""")
        told = {"csrf": sender.csrf}
        assert sender.client.post("/desk/import", files={"list": ("p.csv", b"x" * (19 * MB))}, data=told).status_code != 413
        assert sender.client.post("/desk/import", files={"list": ("p.csv", b"x" * (21 * MB))}, data=told).status_code == 413


def test_a_body_that_comes_with_a_get_is_not_read(seat: Seat) -> None:
    """Nobody has counted it, so no page looks at it: a megabyte sent along with GET changes no answer."""
    for path in ("/desk/me", "/desk/sign-in"):
        answer = seat.client.request("GET", path, content=b"csrf=x&" * 150_000, follow_redirects=False)
        assert answer.status_code == seat.client.get(path, follow_redirects=False).status_code


def test_an_error_inside_a_page_becomes_a_notice_on_it(seat: Seat) -> None:
    """What htmx asked for and did not get is said in #notice, and the page stays as it was; signed out, the whole page moves."""
    answer = seat.look("/users", **{"hx-request": "true"})
    assert (answer.status_code, answer.headers["hx-retarget"]) == (403, "#notice")
    assert "<html" not in answer.text
    assert 'role="alert"' in answer.text
    assert 'id="notice"' in seat.look("/me").text
    seat.client.cookies.clear()
    answer = seat.look("/x", **{"hx-request": "true", "hx-current-url": "http://127.0.0.1:8600/desk/links?a=1"})
    assert (answer.status_code, answer.headers["hx-redirect"]) == (204, "/desk/sign-in?to=%2Flinks%3Fa%3D1")


def test_no_language_lets_a_text_be_markup(db: Database) -> None:
    """What people are called is text, wherever it is shown."""
    with seated(db, Role.ADMIN) as seat:
        seat.press("/users", name="mallory", full_name="<script>alert(1)</script>", role="reader")
        for path in ("/users", "/users/mallory", "/audit"):
            assert "<script>alert" not in seat.look(path).text
        assert "&lt;script&gt;" in seat.look("/users").text
