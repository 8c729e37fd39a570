"""Every address of the desk x every role: who may look, who may change, and that no form but our own changes anything."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.routing import APIRoute
from sqlalchemy import func, select

from mailings.db import Database
from mailings.model import AuditEntry, Role
from tests.web.desk.seated import Seat, seated
from web.bodies import MB
from web.desk.routes import ROUTERS

#: reached without being signed in: they are how one gets in
OPEN = {"/sign-in", "/sign-in/oidc", "/sign-in/oidc/back", "/static/{name}"}
#: for administrators alone; the rest is for every reader
ADMINS = re.compile(r"/(users|audit|erasing)\b")
#: posts that are no sender's: they concern whoever presses, or change nothing that others see
READERS_POST = {
    "/sign-out",
    "/me/language",
    "/me/password",
    "/me/sign-out-elsewhere",
    "/mailings/{name}/recipients/export/{kind}",
    "/mailings/{name}/refresh",
}


def _routes(method: str) -> list[str]:
    found = [route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute)]
    return sorted({route.path for route in found if method in route.methods} - OPEN)


GETS, POSTS = _routes("GET"), _routes("POST")


def _address(path: str) -> str:
    """The path with something in its places that no row has."""
    known = {"kind": "csv", "number": "987654", "name": "ukjent", "person_id": "987654"}
    return re.sub(r"{(\w+)(?::\w+)?}", lambda found: known.get(found[1], "987654"), path)


@pytest.fixture
def seat(db: Database) -> Iterator[Seat]:
    """A reader at the desk."""
    with seated(db, Role.READER) as made:
        yield made


def _changes(db: Database) -> int:
    with db.reading() as session:
        return session.scalar(select(func.count()).select_from(AuditEntry)) or 0


def test_there_are_routes_to_test() -> None:
    """The tables below are not empty, and every exception named here is a route that there is."""
    assert len(GETS) > 10
    assert len(POSTS) > 10
    assert set(POSTS) >= READERS_POST


@pytest.mark.parametrize("path", GETS)
def test_nobody_looks_without_signing_in(seat: Seat, path: str) -> None:
    """Every page leads whoever is not signed in to the sign-in page, and says nothing else: not even whether there is such a thing."""
    seat.client.cookies.clear()
    answer = seat.look(_address(path))
    assert (answer.status_code, answer.text) == (303, "")
    assert answer.headers["location"].startswith("/desk/sign-in")


@pytest.mark.parametrize("path", POSTS)
def test_nobody_changes_anything_without_signing_in(seat: Seat, path: str) -> None:
    """Nor does a form do anything without the cookie, even with a token that was right."""
    seat.client.cookies.clear()
    assert seat.press(_address(path)).status_code == 303


@pytest.mark.parametrize("path", GETS)
def test_readers_see_all_but_what_is_for_administrators(seat: Seat, path: str) -> None:
    """Looking needs the reader's role and no more; users and the log need an administrator's."""
    if path.endswith("/live"):
        return  # a stream: its own tests end it
    status = seat.look(_address(path)).status_code
    assert (status == 403) == bool(ADMINS.match(path)), f"{path}: {status}"
    assert status < 500


@pytest.mark.parametrize("path", POSTS)
def test_readers_change_nothing(db: Database, seat: Seat, path: str) -> None:
    """Every other post is refused to a reader, before anything else is looked at: whether what it names exists, too."""
    status = seat.press(_address(path)).status_code
    assert (status != 403) == (path in READERS_POST), f"{path}: {status}"
    assert path in READERS_POST or _changes(db) == 0


@pytest.mark.parametrize("path", [path for path in POSTS if ADMINS.match(path)])
def test_users_are_changed_by_administrators_alone(db: Database, path: str) -> None:
    """A sender, even one who may override consent, makes nobody an administrator."""
    with seated(db, Role.SENDER, Role.OVERRIDE_CONSENT) as seat:
        assert seat.press(_address(path)).status_code == 403
    assert _changes(db) == 0


@pytest.mark.parametrize("path", POSTS)
@pytest.mark.parametrize("token", ["", "x", "å\0"])
def test_no_form_works_without_its_token(db: Database, path: str, token: str) -> None:
    """The cookie comes along with any post a stranger's page can make; the token does not."""
    with seated(db, *Role) as seat:
        assert seat.press(_address(path), csrf=token).status_code == 403
    assert _changes(db) == 0


ELSEWHERE = [
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site"},
    {"origin": "https://evil.test"},
    {"origin": "null"},
    {"origin": "http://127.0.0.1:8601"},
]


@pytest.mark.parametrize("headers", ELSEWHERE, ids=str)
def test_a_post_from_elsewhere_is_refused_whatever_it_brings(db: Database, headers: dict[str, str]) -> None:
    """What browsers say of where a post comes from is believed, though the token be right: a token can be stolen from a page."""
    with seated(db, *Role) as seat:
        assert seat.press("/users", headers, name="mallory", role="admin").status_code == 403
        for ours in ({"sec-fetch-site": "same-origin"}, {"origin": "http://127.0.0.1:8600"}, {}):
            assert seat.press("/me/language", ours, language="nl").status_code == 303
    assert _changes(db) == 0


def test_whoever_has_no_role_can_only_leave(db: Database) -> None:
    """A user without roles sees nothing, in the desk's own words, and can sign out."""
    with seated(db, Role.READER) as seat:
        with db.writing() as session:
            session.connection().exec_driver_sql("UPDATE user_account SET roles = '[]'")
        answer = seat.look("/mailings")
        assert (answer.status_code, "sign-out" in answer.text) == (403, True)
        assert seat.press("/mailings/x/recipients/export/csv").status_code == 403
        assert seat.press("/sign-out").status_code == 303


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
