"""A connection that does not ask is not kept: measured on a real socket, with a protocol of little patience."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import uvicorn
from uvicorn.server import ServerState

from web.protocol import Protocol


class Quick(Protocol):
    """Waits a second for a head: a machine that stands still for less changes nothing."""

    patience = 1.0


async def slow(_scope: Any, receive: Any, send: Any) -> None:
    """Answers after everything was received, and longer than a head may take."""
    while (await receive()).get("more_body"):
        pass
    await asyncio.sleep(1.2)
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"up"})


async def came_back(*pieces: bytes, wait: float = 0.0) -> bytes:
    """What a connection brings that sends these pieces, with a pause between them, until the other side closes."""
    config = uvicorn.Config(slow, http=Quick, ws="none", log_config=None, lifespan="off")
    config.load()
    state = ServerState()
    server = await asyncio.get_running_loop().create_server(lambda: Quick(config, state, {}), "127.0.0.1", 0)
    async with server:
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        for number, piece in enumerate(pieces):
            await asyncio.sleep(wait if number else 0)
            writer.write(piece)
        try:
            async with asyncio.timeout(60):
                return await reader.read()
        except ConnectionError:  # closed while we were still writing
            return b""
        finally:
            writer.close()


@pytest.mark.parametrize("pieces", [(), (b"GET / HT",), (b"GET / HTTP/1.1\r\nHost: a\r\nX: ",), (b"\r\n",)])
def test_a_head_that_does_not_come_is_not_waited_for(pieces: tuple[bytes, ...]) -> None:
    """Silence, half a line, half a header: the connection is closed without an answer."""
    assert asyncio.run(came_back(*pieces)) == b""


def test_bytes_now_and_then_do_not_buy_time() -> None:
    """The head as a whole has to come in time, not only its next byte."""
    drops = [bytes([byte]) for byte in b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"]
    assert asyncio.run(came_back(*drops, wait=0.1)) == b""


def test_an_answer_may_take_its_time() -> None:
    """Once the head is there the patience is over: a slow page and a second request on the connection are served."""
    head = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
    last = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    assert asyncio.run(came_back(head, last, wait=0.02)).count(b"HTTP/1.1 200") == 2


def test_a_second_head_has_to_come_in_time_too() -> None:
    """A connection that was served once is not kept for half a request."""
    head = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
    assert asyncio.run(came_back(head, b"GET / HT", wait=1.6)).count(b"HTTP/1.1 200") == 1


def test_a_head_too_large_is_431() -> None:
    """Also when it comes in one piece."""
    endless = b"GET / HTTP/1.1\r\nX: " + b"a" * (Protocol.largest + 1)
    assert asyncio.run(came_back(endless)).startswith(b"HTTP/1.1 431 ")
