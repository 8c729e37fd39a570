"""Somebody signed in at a desk: the app in this process, the cookie in hand."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from fastapi.testclient import TestClient
from httpx import Response
from sqlalchemy import select

from mailings import clock
from mailings.db import Database
from mailings.model import Role, User
from mailings.settings import Settings
from mailings.staff import signing_in
from web.app import make_app
from web.desk.cookies import cookie_of


@dataclass
class Seat:
    """A user at the desk. Posts bring the token that our forms bring."""

    client: TestClient
    csrf: str
    secret: str

    def look(self, path: str, **headers: str) -> Response:
        """A page of the desk, `/mailings`; redirects are not followed."""
        return self.client.get(f"/desk{path}", headers=headers, follow_redirects=False)

    def press(self, path: str, headers: dict[str, str] | None = None, **fields: Any) -> Response:
        """A form sent; redirects are not followed."""
        return self.client.post(f"/desk{path}", data={"csrf": self.csrf, **fields}, headers=headers, follow_redirects=False)


def user(db: Database, *roles: Role, name: str = "åse") -> tuple[str, str]:
    """A user who is signed in: the cookie and the token of their forms."""
    with db.writing() as session:
        made = session.scalar(select(User).where(User.name == name))
        if made is None:
            made = User(name=name, full_name="Åse Bjørkås", roles=[str(role) for role in roles], created_at=clock.now())
            session.add(made)
            session.flush()
        secret = signing_in.begin(session, made)
        session.flush()
        known = signing_in.known(session, secret)
    assert known is not None
    return secret, known.csrf


@contextmanager
def seated(db: Database, *roles: Role, **values: Any) -> Iterator[Seat]:
    """A desk with somebody at it who has these roles (a sender without any named). `values` are settings."""
    secret, csrf = user(db, *(roles or (Role.SENDER,)))
    told = Settings(_env_file=None, **values)
    app = make_app(db, told)
    with TestClient(app, base_url="http://127.0.0.1:8600", cookies={cookie_of(told): secret}) as client:
        yield Seat(client, csrf, secret)
