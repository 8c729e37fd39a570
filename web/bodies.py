"""Reads what is posted before any page sees it: counted, timed, and bounded for each client and the process as a whole."""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from dataclasses import dataclass, field

from starlette.types import Message, Receive, Scope

KB, MB = 1024, 1024 * 1024


@dataclass
class Budget:
    """What bodies of one kind may take, in bytes: one of them, all being read at a time, all of one client; and how much is held."""

    body: int
    most: int
    each: int
    patience: float = 20.0  #: seconds a body may take
    held: int = 0
    _of: Counter[str] = field(default_factory=Counter)

    async def read(self, scope: Scope, receive: Receive, client: str = "", most: int = 0) -> bytes | int:
        """The whole body, held until it is released; or the status that refuses it. `client` '' = this machine, which has no share.

        `most` = bytes this one may have, where that is less than others of its kind.

        413 too large, 408 too slow, 503 too many at once, 499 nobody there any more.
        """
        most = min(most or self.body, self.body)
        if _promised(scope) > most:
            return 413
        body = bytearray()
        try:
            async with asyncio.timeout(self.patience):
                refused = await self._read(receive, (client, most), body)
        except TimeoutError:
            refused = 408
        except BaseException:
            self.release(body, client)
            raise
        if refused:
            self.release(body, client)
            return refused
        return bytes(body)

    def release(self, body: bytes | bytearray, client: str = "") -> None:
        """The body is of no more use: its request is answered."""
        self._hold(-len(body), client)

    def _hold(self, size: int, client: str) -> None:
        self.held += size
        if client:
            self._of[client] += size
            if not self._of[client]:
                del self._of[client]

    async def _read(self, receive: Receive, of: tuple[str, int], body: bytearray) -> int:
        (client, most), more = of, True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return 499
            chunk, more = message.get("body", b""), message.get("more_body", False)
            body += chunk
            self._hold(len(chunk), client)
            if len(body) > most:
                return 413
            if self.held > self.most or self._of[client] > self.each:
                return 503
        return 0


@dataclass
class Bodies:
    """The budgets. Each its own: however many send us large reports slowly, readers can unsubscribe."""

    #: a form has some hundred bytes; who posts as often as web.rates allows, slowly, gets at a client's share, not at all there is
    pages: Budget = field(default_factory=lambda: Budget(64 * KB, 16 * MB, 2 * MB))
    #: a provider's batch of events has about 1 MB, and is sent again when it is refused
    hooks: Budget = field(default_factory=lambda: Budget(5 * MB, 64 * MB, 16 * MB))
    #: a list of people, from somebody of the staff; two of them at a time
    uploads: Budget = field(default_factory=lambda: Budget(20 * MB + 64 * KB, 48 * MB, 48 * MB, patience=120.0))
    #: what strangers send with forms, files among it; the form says how much of this one may have (web/public/form_sizes.py)
    forms: Budget = field(default_factory=lambda: Budget(24 * MB, 64 * MB, 48 * MB, patience=120.0))

    def of(self, scope: Scope, *, trusted: bool = False) -> Budget:
        """The budget a request's body is read on. `trusted` = it is for a page that takes files, and from somebody who may send one."""
        if trusted:
            return self.uploads
        return self.hooks if scope["path"].startswith("/hooks/") else self.pages


def replayed(body: bytes, receive: Receive) -> Receive:
    """A `receive` that hands over the body in one piece, and then whatever comes."""
    pending = [body]

    async def again() -> Message:
        """What was read, then what comes."""
        if pending:
            return {"type": "http.request", "body": pending.pop(), "more_body": False}
        return await receive()

    return again


def _promised(scope: Scope) -> int:
    said = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
    return min(int(said[:20]), sys.maxsize) if said.isdigit() else 0  # twenty digits are too many already
