"""Reads what is posted before any page sees it: counted, timed, and bounded for the process as a whole."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import dataclass

from starlette.types import Message, Receive, Scope

PAGE, HOOK = 64 * 1024, 5 * 1024 * 1024  # bytes: a form has some hundred, a provider's batch of events about 1 MB
HELD = 64 * 1024 * 1024  # bytes of all bodies being read at a time


@dataclass
class Bodies:
    """The limits, and how much is held. `patience` = seconds a body may take."""

    patience: float = 20.0
    page: int = PAGE
    hook: int = HOOK
    most: int = HELD
    held: int = 0

    async def read(self, scope: Scope, receive: Receive) -> bytes | int:
        """The whole body, held until it is released; or the status that refuses it.

        413 too large, 408 too slow, 503 too many at once, 499 nobody there any more.
        """
        limit = self.hook if scope["path"].startswith("/hooks/") else self.page
        if _promised(scope) > limit:
            return 413
        body = bytearray()
        try:
            async with asyncio.timeout(self.patience):
                refused = await self._read(receive, limit, body)
        except TimeoutError:
            refused = 408
        except BaseException:
            self.release(body)
            raise
        if refused:
            self.release(body)
            return refused
        return bytes(body)

    def release(self, body: bytes | bytearray) -> None:
        """The body is of no more use: its request is answered."""
        self.held -= len(body)

    async def _read(self, receive: Receive, limit: int, body: bytearray) -> int:
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return 499
            chunk, more = message.get("body", b""), message.get("more_body", False)
            body += chunk
            self.held += len(chunk)
            if len(body) > limit:
                return 413
            if self.held > self.most:
                return 503
        return 0


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
