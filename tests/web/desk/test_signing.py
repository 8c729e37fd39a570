"""Signing in by password: who comes in, what a wrong try costs, and what nobody learns from the answers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from httpx import Response
from sqlalchemy import select, update

from mailings import clock
from mailings.db import Database
from mailings.model import AuditEntry, User
from mailings.staff import trying, users
from tests.web.desk.arriving import PASSWORD, a_user, visiting
from web.rates import SIGNING, Buckets

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
        visitor.client.app.state.gate.tries = Buckets(SIGNING, lambda: 0.0)  # type: ignore[attr-defined]  # a clock that stands
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
