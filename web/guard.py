"""Stands before every page: who asks and how often, what may be posted, the headers of every answer, and what the log may say."""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from web.answers import BROKEN, BUSY, QUIET, Answer, frames, page
from web.bodies import Bodies, Budget, replayed
from web.clients import Clients, counted_as
from web.desk.answers import refusal
from web.desk.threshold import is_desk
from web.headers import Headers
from web.rates import Rates

logger = logging.getLogger("mailings.web")

ADDRESS = 16 * 1024  # bytes: a link of 4,000 characters (domain.md E.2) that only one recipient has is three times as long when escaped
BODILESS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
METHODS = BODILESS | {"POST", "PUT", "PATCH", "DELETE"}
LARGE = Answer(413, "form-large")
#: first parts of our addresses: nothing else that was asked for is written into the log
KNOWN = frozenset({"c", "d", "o", "u", "p", "v", "y", "f", "s", "hooks", "static", "desk", "up", "robots.txt", "favicon.ico"})


@dataclass
class Guard:
    """The outermost part of the door (pure ASGI: it costs a click some 7 us)."""

    app: ASGIApp
    clients: Clients
    headers: Headers
    rates: Rates = field(default_factory=Rates)
    bodies: Bodies = field(default_factory=Bodies)
    uploads: Callable[[Scope], Awaitable[bool]] | None = None  #: who may send a file
    forms: Callable[[Scope], Awaitable[int]] | None = None  #: bytes a post to a form may have; 0 = it is to none

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; anything else (the lifespan) is let through."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        client = self.clients.of(scope)
        scope["client"] = (client, 0) if client else None
        exchange = _Exchange(self, scope, send, counted_as(client) if client else "")
        try:
            await self._answer(exchange, receive)
        except Exception as error:
            await exchange.broken(error)
        exchange.write_line()

    async def _answer(self, exchange: _Exchange, receive: Receive) -> None:
        scope = exchange.scope
        if len(scope.get("raw_path") or scope["path"]) + len(scope["query_string"]) > ADDRESS:
            await exchange.refuse(414)
        elif wait := self._too_often(exchange):
            await exchange.refuse(429, wait)
        elif scope["method"] in BODILESS:
            await self.app(scope, receive, exchange.send)
        else:
            await self._with_body(exchange, receive)
        if exchange.missed_too_often:
            await exchange.refuse(429, exchange.missed_too_often)

    async def _with_body(self, exchange: _Exchange, receive: Receive) -> None:
        budget, most = await self._room(exchange.scope)
        body = await budget.read(exchange.scope, receive, exchange.key, most)
        if isinstance(body, int):
            await exchange.refuse_body(body)
            return
        try:
            await self.app(exchange.scope, replayed(body, receive), exchange.send)
        finally:
            budget.release(body, exchange.key)

    async def _room(self, scope: Scope) -> tuple[Budget, int]:
        if self.forms is not None and (most := await self.forms(scope)):
            return self.bodies.forms, most
        trusted = self.uploads is not None and await self.uploads(scope)
        return self.bodies.of(scope, trusted=trusted), 0

    def _too_often(self, exchange: _Exchange) -> float:
        """Seconds to wait, 0.0 = welcome. Hooks come as fast as their provider likes, as long as they are answered with 2xx."""
        if not exchange.key or exchange.hook:
            return 0.0
        wait = self.rates.asks.take(exchange.key)
        return self.rates.posts.take(exchange.key) if not wait and exchange.scope["method"] == "POST" else wait


class _Exchange:
    """One request and its answer."""

    __slots__ = ("_guard", "_send", "_since", "hook", "key", "missed_too_often", "scope", "status")

    def __init__(self, guard: Guard, scope: Scope, send: Send, key: str) -> None:
        self._guard, self.scope, self._send, self.key = guard, scope, send, key
        self.hook = scope["path"].startswith("/hooks/")
        self.missed_too_often, self.status, self._since = 0.0, 0, time.monotonic()

    async def send(self, message: Message) -> None:
        """Pass on what a page answers, under our headers; one address too many that leads nowhere is answered by us instead."""
        if message["type"] == "http.response.start":
            if self._counts_as_miss(message["status"]):
                return
            self.status = message["status"]
            message["headers"] = self._guard.headers.beside(message.get("headers", ()))
        if not self.missed_too_often:
            await self._send(message)

    async def refuse(self, status: int, wait: float = 0.0) -> None:
        """Answer with the quiet page and that status. What was posted may not have been read, so the connection ends with it."""
        if status == 499:  # nobody is there to be answered
            return
        answer = self._refusal(status)
        if wait:
            answer.headers["Retry-After"] = str(int(wait) + 1)
        if status in (408, 413, 503):
            answer.headers["Connection"] = "close"
        self.missed_too_often = 0.0
        await self._answer(answer)

    async def refuse_body(self, status: int) -> None:
        """Refuse what was posted. A hook whose body does not come is a miss as any other, though no page has seen it."""
        if self.key and self.hook and status == 408:
            self._guard.rates.misses.take(self.key)
        await self.refuse(status)

    async def broken(self, error: Exception) -> None:
        """Write down where it broke under a short reference, and show no more than that reference."""
        reference = secrets.token_hex(4)
        where = "\n  ".join(frames(error))
        logger.error("%s ended in %s, reference %s\n  %s", self._line(), type(error).__name__, reference, where)
        if not self.status:
            await self._answer(self._page_of(reference))

    def write_line(self) -> None:
        """A line in the log: no token, no address, nothing a stranger has written."""
        if logger.isEnabledFor(logging.INFO):
            logger.info("%s %d %.1f ms", self._line(), self.status, (time.monotonic() - self._since) * 1000)

    def _refusal(self, status: int) -> Response:
        if is_desk(self.scope["path"]):
            return refusal(Request(self.scope), status)
        if status == LARGE.status and self.scope["path"].startswith("/f/"):
            return page(Request(self.scope), LARGE)
        return page(Request(self.scope), BUSY if status == BUSY.status else Answer(status, QUIET.page))

    def _page_of(self, reference: str) -> Response:
        try:
            if is_desk(self.scope["path"]):
                return refusal(Request(self.scope), BROKEN.status, f"Reference: {reference}")
            return page(Request(self.scope), BROKEN, f"Reference: {reference}")
        except Exception:
            return PlainTextResponse(f"Something went wrong here. Reference: {reference}", BROKEN.status)

    def _counts_as_miss(self, status: int) -> bool:
        rates, key = self._guard.rates, self.key
        if not key:
            return False
        if status < 400 and self.scope["method"] == "POST" and self.scope["path"].startswith("/u/"):
            rates.posts.give_back(key)  # mail providers unsubscribe all their users from a few addresses (RFC 8058)
        if status == QUIET.status or (self.hook and 400 <= status < 500):
            self.missed_too_often = rates.misses.take(key)
        return bool(self.missed_too_often)

    async def _answer(self, answer: Response) -> None:
        self.status = answer.status_code
        headers = self._guard.headers.beside(answer.raw_headers)
        await self._send({"type": "http.response.start", "status": answer.status_code, "headers": headers})
        await self._send({"type": "http.response.body", "body": answer.body})

    def _line(self) -> str:
        method = self.scope["method"]
        first, _, rest = self.scope["path"].removeprefix("/").partition("/")
        shown = first if first in KNOWN else "…"
        return f"{method if method in METHODS else '…'} /{shown}{'/…' if rest else ''}"
