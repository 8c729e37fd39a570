"""Whoever is not signed in sees nothing, and a form that is not ours changes nothing."""

from __future__ import annotations

from mailings.db import Database
from mailings.model import Role
from tests.web.desk.seated import seated


def test_nobody_signed_in_is_led_to_the_door(db: Database) -> None:
    """Without the cookie every page leads to signing in, and back to where one was going."""
    with seated(db, Role.READER) as seat:
        seat.client.cookies.clear()
        answer = seat.look("/?x=1")
        assert answer.status_code == 303
        assert answer.headers["location"] == "/desk/sign-in?to=%2F%3Fx%3D1"


def test_a_signed_in_user_begins_with_the_mailings(db: Database) -> None:
    """The desk opens on the list of mailings."""
    with seated(db, Role.READER) as seat:
        assert seat.look("").headers["location"] == "/desk/mailings"
