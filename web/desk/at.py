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
from web.desk.cookies import COOKIE, cookie_of
from web.desk.rendering import DeskPages
from web.desk.words import say
from web.door import Door, door_of
from web.pages import language_of
from web.posted import Fields, Posted

__all__ = ["ANYBODY", "COOKIE", "OWN", "AtDesk", "Desk", "Forbidden", "SignedOut", "at_desk", "desk_of", "known_of", "pages_of", "path"]

SAFE = frozenset({"GET", "HEAD"})
OWN = "own"  #: tag of a post that readers may do: it changes nothing that others see (an export); every other needs a sender's role
ANYBODY = "anybody"  #: tag of a post that concerns themselves alone: also whoever has no role may sign out


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

    def say(self, name: str, /, **values: Any) -> str:
        """A text by its name, in their language."""
        return say(name, self.language, **values)

    def show(self, page: str, status: int = 200, **values: Any) -> HTMLResponse:
        """The page, e.g. mailings/list.html; `values` beside what every page has: desk, say, url, user, csrf, language."""
        every = {"desk": self, "say": self.say, "url": self.pages.url, "user": self.user, "csrf": self.user.csrf, "language": self.language}
        return self.pages.show(page, status, **(every | values))

    def noted(self) -> str:
        """What the last page left to be said here; it is said once, by a whole page and not by a picture of it."""
        note = dict(self.user.note or {})
        if not note:
            return ""
        with self.door.database.writing() as session:
            signing_in.forget_note(session, self.secret)
        return self.say(note.pop("say"), **note)

    def is_still_there(self) -> bool:
        """False once they are signed out, or disabled: what goes on without new requests (server-sent events) ends then."""
        with self.door.database.reading() as session:
            return signing_in.known(session, self.secret) is not None

    @contextmanager
    def changing(self, what: str, subject: str = "", told: dict[str, Any] | None = None, **details: Any) -> Iterator[Session]:
        """A transaction that changes something, and its line in the log; neither is there without the other.

        `told` are details known only once it is done: whoever changes it fills them in meanwhile.
        """
        with self.door.database.writing() as session:
            yield session
            auditing.record(session, self.user.name, what, subject, **(details | (told or {})))

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
    """Who asks. Raises SignedOut where nobody is signed in, Forbidden for a role too few and a form that does not bring its token.

    Whatever changes something needs a sender's role, before anything is looked at, unless its route is tagged; a page asks for more.
    """
    desk = desk_of(request, fields)
    if desk is None:
        raise SignedOut("Sign in first.")
    if request.method not in SAFE:
        _must_be_ours(desk)
    elif desk.user.due:
        with desk.door.database.writing() as session:
            signing_in.seen(session, desk.secret, desk.door.settings.desk_idle)
    tags = getattr(request.scope.get("route"), "tags", ())
    if ANYBODY not in tags:
        desk.must(Role.READER if request.method in SAFE or OWN in tags else Role.SENDER)
    return desk


def desk_of(request: Request, fields: Posted) -> Desk | None:
    """Who asks, whatever they may do; None where nobody is signed in."""
    user = known_of(request)
    return Desk(request, door_of(request), user, fields, _secret(request)) if user else None


def known_of(request: Request) -> Known | None:
    """Who is signed in; None for nobody."""
    secret = _secret(request)
    if not secret:
        return None
    with door_of(request).database.reading() as session:
        return signing_in.known(session, secret)


def pages_of(request: Request) -> DeskPages:
    """The desk's pages of the app a request came to."""
    pages: DeskPages = request.app.state.desk
    return pages


def path(*parts: object, **query: object) -> str:
    """A path within the desk, its parts and query quoted: path("mailings", "autumn-news", "recipients", after=7)."""
    asked = {name: value for name, value in query.items() if value not in (None, "")}
    return "/" + "/".join(quote(str(part), safe="") for part in parts) + (f"?{urlencode(asked, doseq=True)}" if asked else "")


def _secret(request: Request) -> str:
    return request.cookies.get(cookie_of(door_of(request).settings), "")


def _must_be_ours(desk: Desk) -> None:
    brought = desk.request.headers.get("x-csrf-token") or desk.fields.first("csrf")
    if not secrets.compare_digest(brought.encode(), desk.user.csrf.encode()):
        raise Forbidden(desk.say("form_too_old"))


AtDesk = Annotated[Desk, Depends(at_desk)]
