"""Being signed in: how long it lasts, what ends it, and that a secret from before is worth nothing after."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from mailings import clock
from mailings.db import Database
from mailings.model import Role, SignIn
from mailings.staff import passwords, signing_in, users
from tests.web.desk.arriving import PASSWORD, Visitor, a_user, visiting

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


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
                users.set_password(session, user, passwords.hashed("et nytt passord"))
            else:
                users.set_roles(session, user, [])
        assert visitor.look("/me").status_code == (403 if how == "no longer a reader" else 303)
