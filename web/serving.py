"""Runs the web door in this process: uvicorn, ended by a signal, after everything begun is answered and written down."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from socket import socket
from types import FrameType

import uvicorn
from fastapi import FastAPI

from web.protocol import Protocol

GRACE = 20  # seconds for requests under way
IDLE = 65  # seconds a connection is kept for the next request: longer than nginx keeps its own, so that it never finds ours just closed
ENDINGS = (signal.SIGINT, signal.SIGTERM)


class Server(uvicorn.Server):
    """One process of the door. `ready` is called once it listens; `ended_by` = the signals that came."""

    def __init__(self, app: FastAPI, ready: Callable[[], None]) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                http=Protocol,
                loop="auto",
                ws="none",
                lifespan="on",
                log_config=None,
                access_log=False,
                proxy_headers=False,  # web.clients reads them, and trusts less
                server_header=False,
                timeout_keep_alive=IDLE,
                timeout_graceful_shutdown=GRACE,
            )
        )
        self._ready, self._app = ready, app
        self.ended_by: list[int] = []

    async def startup(self, sockets: list[socket] | None = None) -> None:
        """Open the door, and say so."""
        await super().startup(sockets)
        self._ready()

    async def shutdown(self, sockets: list[socket] | None = None) -> None:
        """Close the door. Streams of live numbers would go on until somebody leaves: they are ended first."""
        await self._app.state.streams.end()
        await super().shutdown(sockets)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Both signals end it gracefully, however often they come: uvicorn itself skips the end on a second one, and dies of the first."""
        before = {number: signal.signal(number, self._ask_to_end) for number in ENDINGS}
        try:
            yield
        finally:
            for number, action in before.items():
                signal.signal(number, action)

    def _ask_to_end(self, number: int, _frame: FrameType | None) -> None:
        self.ended_by.append(number)
        self.should_exit = True
