"""An HTTP server that takes everything: answers every request with a yes once its body is there, and counts. A process of its own.

`python -m bench.http_sink sendgrid` prints its port and serves; GET /counts says how many requests, bodies' bytes and recipients came.
"""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import orjson

_LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)
_NAME = b'{"sid":"SM00000000000000000000000000000001","status":"queued"}'
#: the yes of each provider
TAKEN = {
    "sendgrid": b"HTTP/1.1 202 Accepted\r\nX-Message-Id: 14c5d75ce93.dfd.64b469\r\nContent-Length: 0\r\n\r\n",
    "twilio": b"HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (len(_NAME), _NAME),
}
counts = {"requests": 0, "bytes": 0, "connections": 0}


class _Taking(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport, self.head, self.left = transport, b"", 0
        counts["connections"] += 1

    def data_received(self, data: bytes) -> None:
        while data:
            if self.left:
                taken = min(self.left, len(data))
                self.left, data = self.left - taken, data[taken:]
            else:
                self.head, end, data = (self.head + data).partition(b"\r\n\r\n")
                if not end:
                    return
                found = _LENGTH.search(self.head)
                self.left = int(found[1]) if found else 0
            if not self.left:
                self._answer()

    def _answer(self) -> None:
        if self.head.startswith(b"GET /counts"):
            said = orjson.dumps(counts)
            self.transport.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%b" % (len(said), said))
        else:
            found = _LENGTH.search(self.head)
            counts["requests"] += 1
            counts["bytes"] += int(found[1]) if found else 0
            self.transport.write(TAKEN[sys.argv[1]])
        self.head = b""


@dataclass(frozen=True, slots=True)
class HttpSink:
    """A running one."""

    port: int

    def counts(self) -> dict[str, int]:
        """What came so far."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/counts", timeout=10) as answer:
            found: dict[str, int] = orjson.loads(answer.read())
            return found


@contextmanager
def http_sink(provider: str = "sendgrid") -> Iterator[HttpSink]:
    """One on a port of its own that says yes as that provider does; ended with the block."""
    with subprocess.Popen([sys.executable, "-m", "bench.http_sink", provider], stdout=subprocess.PIPE) as running:
        assert running.stdout is not None
        try:
            yield HttpSink(int(running.stdout.readline()))
        finally:
            running.kill()


async def _serve() -> None:
    server = await asyncio.get_running_loop().create_server(_Taking, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve())
