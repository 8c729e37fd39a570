"""Every address of the desk x every role: who may look, who may change, and that no form but our own changes anything."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from fastapi.routing import APIRoute
from sqlalchemy import func, select

from mailings.db import Database
from mailings.model import AuditEntry, Role
from tests.web.desk.seated import Seat, seated
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
    "/bounces/export/{kind}",
    "/forms/{name}/submissions/export/{kind}",
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


def test_nobody_looks_without_signing_in(seat: Seat) -> None:
    """Every page leads whoever is not signed in to the sign-in page, and says nothing else: not even whether there is such a thing."""
    seat.client.cookies.clear()
    for path in GETS:
        answer = seat.look(_address(path))
        assert (answer.status_code, answer.text) == (303, ""), path
        assert answer.headers["location"].startswith("/desk/sign-in")


def test_nobody_changes_anything_without_signing_in(seat: Seat) -> None:
    """Nor does a form do anything without the cookie, even with a token that was right."""
    seat.client.cookies.clear()
    assert {path: seat.press(_address(path)).status_code for path in POSTS} == dict.fromkeys(POSTS, 303)


def test_readers_see_all_but_what_is_for_administrators(seat: Seat) -> None:
    """Looking needs the reader's role and no more; users and the log need an administrator's."""
    still = [path for path in GETS if not path.endswith("/live")]  # a stream: its own tests end it
    statuses = {path: seat.look(_address(path)).status_code for path in still}
    assert {path for path, status in statuses.items() if status == 403} == {path for path in still if ADMINS.match(path)}
    assert max(statuses.values()) < 500, statuses


def test_readers_change_nothing(db: Database, seat: Seat) -> None:
    """Every other post is refused to a reader, before anything else is looked at: whether what it names exists, too."""
    refused = [path for path in POSTS if path not in READERS_POST]
    assert {path: seat.press(_address(path)).status_code for path in refused} == dict.fromkeys(refused, 403)
    assert _changes(db) == 0
    for path in sorted(READERS_POST - {"/sign-out"}):
        assert seat.press(_address(path)).status_code not in (403, 500), path


def test_users_are_changed_by_administrators_alone(db: Database) -> None:
    """A sender, even one who may override consent, makes nobody an administrator."""
    paths = [path for path in POSTS if ADMINS.match(path)]
    with seated(db, Role.SENDER, Role.OVERRIDE_CONSENT) as seat:
        assert {path: seat.press(_address(path)).status_code for path in paths} == dict.fromkeys(paths, 403)
    assert _changes(db) == 0


def test_no_form_works_without_its_token(db: Database) -> None:
    """The cookie comes along with any post a stranger's page can make; the token does not."""
    with seated(db, *Role) as seat:
        for token in ("", "x", "å\0"):
            assert {path: seat.press(_address(path), csrf=token).status_code for path in POSTS} == dict.fromkeys(POSTS, 403)
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
