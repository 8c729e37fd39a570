"""Somebody of the staff at the desk: who asks, what they may do, and how they are answered."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import quote, urlencode

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy.orm import Session

from mailings.errors import NotAllowed
from mailings.model import Role
from mailings.staff import auditing, signing_in
from mailings.staff.rights import holds
from mailings.staff.signing_in import Known
from web.desk.rendering import DeskPages
from web.desk.words import say
from web.door import Door, door_of
from web.pages import language_of
from web.posted import Fields, Posted

COOKIE = "mailings_desk"
SAFE = frozenset({"GET", "HEAD"})


class SignedOut(NotAllowed):
    """Nobody is signed in: the answer leads to the page where one signs in, and back."""


class Forbidden(NotAllowed):
    """They are signed in, and this is not for them; or a form came from elsewhere."""


@dataclass(frozen=True)
class Desk:
    """One request of somebody signed in."""

    request: Request
    door: Door
    user: Known
    fields: Posted
    secret: str

    @property
    def pages(self) -> DeskPages:
        """The desk's pages."""
        return pages_of(self.request)

    @property
    def language(self) -> str:
        """The language they read."""
        return language_of(self.request, self.door.settings, self.user.language)

    def may(self, role: Role | str) -> bool:
        """True when one of their roles lets them do it."""
        return holds(self.user.roles, Role(role))

    def must(self, role: Role) -> None:
        """Raises Forbidden where they may not."""
        if not self.may(role):
            raise Forbidden(self.say("not_for_you", role=self.say(f"role_{role}")))

    def say(self, name: str, **values: Any) -> str:
        """A text by its name, in their language."""
        return say(name, self.language, **values)

    def show(self, page: str, status: int = 200, **values: Any) -> HTMLResponse:
        """The page, e.g. mailings/list.html; `values` beside what every page has: desk, say, url, user, csrf, language."""
        every = {"desk": self, "say": self.say, "url": self.pages.url, "user": self.user, "csrf": self.user.csrf, "language": self.language}
        return self.pages.show(page, status, **(every | values))

    def noted(self) -> str:
        """What the last page left to be said here, once."""
        note = dict(self.user.note or {})
        return self.say(note.pop("say"), **note) if note else ""

    @contextmanager
    def changing(self, what: str, subject: str = "", **details: Any) -> Iterator[Session]:
        """A transaction that changes something, and its line in the log; neither is there without the other."""
        with self.door.database.writing() as session:
            yield session
            auditing.record(session, self.user.name, what, subject, **details)

    def moved_to(self, path: str, note: str = "", **values: Any) -> Response:
        """After a post: go to the page `path`, which says `note`, the name of a text, once."""
        if note:
            with self.door.database.writing() as session:
                signing_in.leave_note(session, self.secret, note, **values)
        address = self.pages.url(path)
        if self.request.headers.get("hx-request"):
            return Response(status_code=204, headers={"HX-Redirect": address})
        return RedirectResponse(address, 303)


def at_desk(request: Request, fields: Fields) -> Desk:
    """Who asks. Raises SignedOut where nobody is signed in, Forbidden for a form that does not bring what our own pages put into it."""
    door, secret = door_of(request), request.cookies.get(COOKIE, "")
    with door.database.reading() as session:
        user = signing_in.known(session, secret) if secret else None
        due = user is not None and (user.note is not None or signing_in.is_due(session, secret))
    if user is None:
        raise SignedOut("Sign in first.")
    if request.method not in SAFE:
        brought = request.headers.get("x-csrf-token") or fields.first("csrf")
        if not secrets.compare_digest(brought.encode(), user.csrf.encode()):
            raise Forbidden("That form is too old; open the page once more.")
    elif due:
        with door.database.writing() as session:
            signing_in.seen(session, secret)
    return Desk(request, door, user, fields, secret)


def pages_of(request: Request) -> DeskPages:
    """The desk's pages of the app a request came to."""
    pages: DeskPages = request.app.state.desk
    return pages


def path(*parts: object, **query: object) -> str:
    """A path within the desk, its parts and query quoted: path("mailings", "autumn-news", "recipients", after=7)."""
    asked = {name: value for name, value in query.items() if value not in (None, "")}
    return "/" + "/".join(quote(str(part), safe="") for part in parts) + (f"?{urlencode(asked, doseq=True)}" if asked else "")


AtDesk = Annotated[Desk, Depends(at_desk)]
