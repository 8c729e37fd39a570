"""Somebody at the sign-in page of a desk: their browser, with its cookies, and what they type."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from fastapi.testclient import TestClient
from httpx import Response

from mailings.db import Database
from mailings.model import Role
from mailings.settings import Settings
from mailings.staff import passwords, users
from web.app import make_app

PASSWORD = "blåbær på fjellet"


@dataclass
class Visitor:
    """A browser. `client` keeps its cookies."""

    client: TestClient

    def look(self, path: str, **headers: str) -> Response:
        """A page of the desk; redirects are not followed."""
        return self.client.get(f"/desk{path}", headers=headers, follow_redirects=False)

    def token(self, path: str = "/sign-in") -> str:
        """What the form of a page brings along."""
        found = re.search(r'name="csrf" value="([^"]+)"', self.look(path).text)
        assert found
        return found[1]

    def sign_in(self, name: str, password: str = PASSWORD, to: str = "", **headers: str) -> Response:
        """Fill in the form of the sign-in page."""
        fields = {"csrf": self.token(), "name": name, "password": password, "to": to}
        return self.client.post("/desk/sign-in", data=fields, headers=headers, follow_redirects=False)

    def press(self, path: str, page: str = "/me", **fields: Any) -> Response:
        """A form of the desk, with the token of `page`."""
        return self.client.post(f"/desk{path}", data={"csrf": self.token(page), **fields}, follow_redirects=False)

    def is_in(self) -> bool:
        """True while they are signed in."""
        return self.look("/").headers["location"].endswith("/desk/mailings")


def a_user(db: Database, name: str = "åse", *roles: Role, password: str = PASSWORD, **more: Any) -> None:
    """A user with a password."""
    with db.writing() as session:
        made = users.add(session, name, roles or (Role.SENDER,), **more)
        if password:
            users.set_password(session, made, passwords.hashed(password))


@contextmanager
def visiting(db: Database, client: str = "127.0.0.1", **values: Any) -> Iterator[Visitor]:
    """A desk, and somebody before its door who comes from the address `client`. `values` are settings."""
    app = make_app(db, Settings(_env_file=None, **values))
    https = str(values.get("public_url", "")).startswith("https")
    base = "https://post.test" if https else "http://127.0.0.1:8600"
    with TestClient(app, base_url=base, client=(client, 40000)) as browser:
        yield Visitor(browser)
