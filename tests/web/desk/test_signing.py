"""Signing in by password: who comes in, what a wrong try costs, and what nobody learns from the answers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from httpx import Response
from hypothesis import example, given
from hypothesis import strategies as st
from sqlalchemy import select, update

from mailings import clock
from mailings.db import Database
from mailings.model import AuditEntry, Role, SignIn, User
from mailings.staff import signing_in, trying, users
from tests.web.desk.arriving import PASSWORD, Visitor, a_user, visiting
from web.desk.signing import START, within

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def _told(answer: Response) -> tuple[int, str]:
    return answer.status_code, "".join(line for line in answer.text.splitlines() if 'name="' not in line)


def test_a_password_leads_to_where_one_was_going(any_db: Database) -> None:
    """The name in any case and either spelling of its letters, the password; then on, with a cookie no script can read."""
    a_user(any_db, "Åse")
    with visiting(any_db) as visitor:
        answer = visitor.sign_in("A\u030aSE ", to="/bounces?x=1")
        assert (answer.status_code, answer.headers["location"]) == (303, "/desk/bounces?x=1")
        cookie = answer.headers["set-cookie"].lower()
        assert all(part in cookie for part in ("mailings_desk=", "httponly", "samesite=lax", "path=/desk"))
        assert visitor.is_in()
        assert visitor.look("/sign-in?to=/links").headers["location"] == "/desk/links"


def test_behind_https_the_cookies_are_bound_to_this_host(db: Database) -> None:
    """`__Host-`, secure, for the whole host and no other: a neighbour's page cannot plant one."""
    a_user(db)
    with visiting(db, public_url="https://post.test") as visitor:
        answer = visitor.sign_in("åse")
        cookie = answer.headers.get_list("set-cookie")[0]
        assert cookie.startswith("__Host-mailings_desk=")
        assert {"Secure", "HttpOnly", "Path=/", "SameSite=lax"} <= set(cookie.split("; "))
        assert "domain" not in cookie.lower()
        assert visitor.is_in()


def test_every_wrong_combination_is_answered_alike(db: Database) -> None:
    """No user, a wrong password, one disabled, one without a password, one locked: the same words, status and headers."""
    a_user(db)
    a_user(db, "bo", password="")
    a_user(db, "ida")
    a_user(db, "kari")
    with db.writing() as session:
        users.disable(session, users.user_named(session, "ida"))
        session.execute(update(User).where(User.name == "kari").values(locked_until=clock.now() + timedelta(hours=1)))
    with visiting(db) as visitor:
        tries = [("åse", "feil passord"), ("ingen", PASSWORD), ("bo", ""), ("ida", PASSWORD), ("kari", PASSWORD), ("", ""), ("å\0", "\0")]
        answers = [visitor.sign_in(name, password) for name, password in tries]
        assert {answer.status_code for answer in answers} == {403}
        assert all(_told(one) == _told(other) for one, other in pairwise(answers))
        assert not visitor.is_in()


def test_a_name_waits_longer_after_each_further_wrong_try(any_db: Database) -> None:
    """Five wrong ones in a row lock the name for a minute, then 5, 15, 60 and 60; the right one after that begins anew."""
    a_user(any_db)
    with visiting(any_db) as visitor:
        now = NOON
        for tries, minutes in ((5, 1), (1, 5), (1, 15), (1, 60), (1, 60)):
            with clock.standing_at(now):
                assert [visitor.sign_in("åse", "feil").status_code for _ in range(tries)] == [403] * tries
            with clock.standing_at(now + timedelta(minutes=minutes) - timedelta(seconds=1)):
                assert visitor.sign_in("åse").status_code == 403, "locked, though the password is right"
            now += timedelta(minutes=minutes)
        with clock.standing_at(now):
            assert visitor.sign_in("åse").status_code == 303
            visitor.client.cookies.clear()
            assert [visitor.sign_in("åse", "feil").status_code for _ in range(4)] == [403] * 4
            assert visitor.sign_in("åse").status_code == 303


def test_tries_at_the_same_moment_are_all_counted(any_db: Database) -> None:
    """A try counts before its password is looked at: a hundred at once get no more than five looks, also of the right password."""
    a_user(any_db)
    looked_at = 0
    for _ in range(100):
        with any_db.writing() as session:
            looked_at += trying.begin(session, "åse").kept is not None
    assert looked_at == trying.FREE


def test_one_client_may_not_go_on_trying(db: Database) -> None:
    """After ten tries a client waits, whatever names it tries; another is not held up."""
    a_user(db)
    with visiting(db, client="203.0.113.9") as visitor:
        statuses = [visitor.sign_in(f"navn{number}", "feil").status_code for number in range(12)]
        assert statuses == [403] * 10 + [429] * 2
        answer = visitor.sign_in("åse")
        assert (answer.status_code, int(answer.headers["retry-after"]) > 0) == (429, True)


def test_the_log_knows_who_tried_and_never_what(db: Database) -> None:
    """A refused try of a name we have is written down; what else was typed, perhaps a password in the wrong field, is not."""
    a_user(db)
    with visiting(db) as visitor:
        visitor.sign_in("åse", "hemmeleg 123")
        visitor.sign_in("hemmeleg 456", PASSWORD)
        visitor.sign_in("åse")
    with db.reading() as session:
        lines = session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
        assert [(line.what, line.by) for line in lines] == [("sign in refused", "åse"), ("sign in refused", ""), ("sign in", "åse")]
        assert "hemmeleg" not in str([(line.subject, line.details) for line in lines])


def test_a_form_that_is_not_ours_signs_nobody_in(db: Database) -> None:
    """A stranger's page cannot sign somebody in as the stranger (login CSRF): it has neither the seal nor the cookie below it."""
    a_user(db)
    with visiting(db) as visitor, visiting(db) as other:
        fields = {"name": "åse", "password": PASSWORD}
        for csrf in ("", "x", other.token()):
            visitor.token()
            assert visitor.client.post("/desk/sign-in", data=fields | {"csrf": csrf}, follow_redirects=False).status_code == 403
        assert visitor.sign_in("åse", **{"sec-fetch-site": "cross-site"}).status_code == 403
        assert not visitor.is_in()


def test_a_secret_from_before_is_worth_nothing_after(db: Database) -> None:
    """Signing in makes a new secret and ends the old one: who planted a cookie, or kept one, is not let in by it (session fixation)."""
    a_user(db)
    with visiting(db) as visitor:
        visitor.client.cookies.set("mailings_desk", "planted", path="/desk")
        fields = {"csrf": visitor.token(), "name": "åse", "password": PASSWORD}
        mark = _cookie(visitor, "mailings_form")
        visitor.client.post("/desk/sign-in", data=fields, follow_redirects=False)
        first = _cookie(visitor)
        visitor.client.cookies.set("mailings_form", mark, domain="127.0.0.1", path="/desk")
        assert visitor.client.post("/desk/sign-in", data=fields, follow_redirects=False).status_code == 303
        assert len({first, _cookie(visitor), "planted"}) == 3
        with db.reading() as session:
            assert signing_in.known(session, first) is None
            assert session.scalars(select(SignIn.digest)).all() != [first], "the database holds no secret"


def _cookie(visitor: Visitor, name: str = "mailings_desk") -> str:
    return [cookie.value or "" for cookie in visitor.client.cookies.jar if cookie.name == name][-1]


def test_signing_out_ends_it_in_the_database_too(db: Database) -> None:
    """The cookie kept aside opens nothing afterwards."""
    a_user(db)
    with visiting(db) as visitor:
        visitor.sign_in("åse")
        kept = _cookie(visitor)
        assert visitor.press("/sign-out").headers["location"] == "/desk/sign-in"
        visitor.client.cookies.clear()
        visitor.client.cookies.set("mailings_desk", kept)
        assert not visitor.is_in()


def test_idle_and_at_the_latest_after_a_week_it_is_over(any_db: Database) -> None:
    """Twelve hours without a page, or as many as the installation says; however busy, seven days."""
    with any_db.writing() as session, clock.standing_at(NOON):
        user = users.add(session, "åse", [Role.READER])
        secrets = {hours: signing_in.begin(session, user, timedelta(hours=hours)) for hours in (1, 12)}
    for hours, secret in secrets.items():
        for moment, known in ((timedelta(hours=hours) - timedelta(seconds=1), True), (timedelta(hours=hours), False)):
            with any_db.reading() as session, clock.standing_at(NOON + moment):
                assert (signing_in.known(session, secret) is not None) == known
    now = NOON
    while now < NOON + timedelta(days=7) - timedelta(hours=11):
        now += timedelta(hours=11)
        with any_db.writing() as session, clock.standing_at(now):
            assert signing_in.known(session, secrets[12]) is not None
            signing_in.seen(session, secrets[12])
    with any_db.reading() as session, clock.standing_at(NOON + timedelta(days=7)):
        assert signing_in.known(session, secrets[12]) is None


@pytest.mark.parametrize("how", ["disabled", "another password", "no longer a reader"])
def test_what_an_administrator_does_holds_with_the_next_click(db: Database, how: str) -> None:
    """Disabled or given another password they are out at once, wherever they were; without a role they see nothing more."""
    a_user(db, "åse", Role.READER)
    with visiting(db) as visitor:
        visitor.sign_in("åse")
        assert visitor.look("/me").status_code == 200
        with db.writing() as session:
            user = users.user_named(session, "åse")
            if how == "disabled":
                a_boss = users.add(session, "sjef", [Role.ADMIN])
                users.disable(session, user)
                assert a_boss.disabled_at is None
            elif how == "another password":
                users.set_password(session, user, "et nytt passord")
            else:
                users.set_roles(session, user, [])
        assert visitor.look("/me").status_code == (403 if how == "no longer a reader" else 303)


WITHIN_PIECES = st.lists(
    st.sampled_from(["/", "\\", "//", "..", "%2f", "%5c", "%2e%2e", "evil.test", "@", ":", "http:", "\t", "\n", "?", "#", "a"])
)


@given(pieces=WITHIN_PIECES)
@example(pieces=["//", "evil.test"])
@example(pieces=["/", "\\", "evil.test"])
@example(pieces=["/", "%5c", "evil.test"])
@example(pieces=["/", "..", "/", "..", "/"])
def test_signing_in_leads_to_no_other_site(pieces: list[str]) -> None:
    """Whatever stands in `to`, the way on stays below /desk: one slash, no dots, nothing a browser reads as another."""
    to = within("".join(pieces))
    path = to.partition("?")[0].partition("#")[0]
    assert path.startswith("/")
    assert not path.startswith("//")
    assert not {"\\", "\n", "\t"} & set(to)
    assert ".." not in path
    assert "%2e" not in path.lower() or to == START


def test_headers_cannot_be_added_by_what_is_asked_for(db: Database) -> None:
    """A line end in `to` or in a name makes no header and no cookie."""
    a_user(db)
    with visiting(db) as visitor:
        answer = visitor.sign_in("åse", to="/links\r\nset-cookie: x=1")
        assert (answer.headers["location"], "x=1" in str(answer.headers)) == ("/desk/mailings", False)
        visitor.client.cookies.clear()
        assert "x=1" not in str(visitor.look("/nowhere?a=%0d%0aset-cookie:%20x=1").headers.get_list("set-cookie"))
