"""What the doubles of providers share: a server on loopback that says what it is told, also nothing at all."""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple


class Says(NamedTuple):
    """An answer given instead of the usual one; status 0: the connection is closed, None: no answer ever comes. `takes`: all the same."""

    status: int | None
    body: bytes = b""
    headers: Mapping[str, str] = {}
    takes: bool = False


LOSES = Says(0, takes=True)  #: takes everything, and the answer never arrives
HANGS_UP = Says(0)
SILENCE = Says(None, takes=True)


class Exchange(BaseHTTPRequestHandler):
    """One connection, over which a client may ask several times."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 30

    def say(self, told: Says) -> None:
        """Answer so."""
        if not told.status:
            until = time.monotonic() + (30 if told.status is None else 0)
            while time.monotonic() < until and not self.server.ending:  # type: ignore[attr-defined]  # _Server's own
                time.sleep(0.01)
            self.close_connection = True
            return
        self.send_response_only(told.status)
        for name, value in ({"Date": formatdate(usegmt=True), "Content-Length": str(len(told.body))} | dict(told.headers)).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(told.body)

    def log_message(self, *_: object) -> None:
        """Nobody reads it."""
        return


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64
    ending = False

    def handle_error(self, *_: object) -> None:
        return  # whoever asked is gone: some are killed


@contextmanager
def serving(exchange: type[Exchange], tls: ssl.SSLContext | None = None) -> Iterator[int]:
    """A running server; its port."""
    with _Server(("127.0.0.1", 0), exchange) as server:
        if tls is not None:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield int(server.server_address[1])
        finally:
            server.ending = True
            server.shutdown()
            thread.join(5)
