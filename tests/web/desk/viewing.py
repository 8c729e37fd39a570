"""A browser that listens to a stream of live numbers, without a network in between."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, cast

from fastapi import FastAPI

from web.desk.at import cookie_of

NAME = "høst-nytt"
PATH = f"/desk/mailings/{NAME}/live"


class Viewer:
    """One browser that listens: what came, event by event, and how the answer began."""

    def __init__(self, app: FastAPI, secret: str, query: str = "", language: str = "en") -> None:
        cookie = f"{cookie_of(app.state.door.settings)}={secret}"
        self.scope: dict[str, Any] = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": "GET",
            "scheme": "http",
            "path": PATH,
            "raw_path": PATH.encode(),
            "query_string": query.encode(),
            "headers": [(b"cookie", cookie.encode()), (b"accept-language", language.encode())],
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 8600),
            "root_path": "",
        }
        self.app, self.came, self.leaves = app, asyncio.Queue[str](), asyncio.Event()
        self.began: dict[str, Any] = {}

    async def __call__(self) -> None:
        """Listen until the answer ends, or `leaves` is set."""

        async def receive() -> dict[str, Any]:
            await self.leaves.wait()
            return {"type": "http.disconnect"}

        async def send(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.start":
                self.began.update(message)
            elif message.get("body"):
                await self.came.put(message["body"].decode())

        await cast(Callable[..., Awaitable[None]], self.app)(self.scope, receive, send)

    async def next(self, kind: str = "event: numbers") -> str:
        """The next thing of this kind that comes."""
        async with asyncio.timeout(60):
            while not (text := await self.came.get()).startswith(kind):
                pass
        return text


@asynccontextmanager
async def watching(viewer: Viewer) -> AsyncIterator[asyncio.Task[None]]:
    """The viewer listens within the block, and is gone after it."""
    task = asyncio.create_task(viewer())
    try:
        yield task
    finally:
        viewer.leaves.set()
        async with asyncio.timeout(60):
            await task
