"""The HTTP protocol of the door: uvicorn's, with an end to how long and how large the head of a request may be."""

from __future__ import annotations

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol


class Protocol(HttpToolsProtocol):
    """One connection. A head too large or too slow ends it: 431, or nothing at all."""

    largest = 64 * 1024  #: bytes of address and headers; httptools itself takes any number
    patience = 20.0  #: seconds for a head to arrive, from the first byte of the connection or of the next request

    _in_head = True
    _size = 0
    _due: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # uvicorn narrows it alike
        """Begin to wait for the first head."""
        super().connection_made(transport)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no longer."""
        self._rest()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read on; a head that has not ended is measured and timed."""
        super().data_received(data)
        if not self._in_head:
            self._rest()
            return
        self._size += len(data)
        if self._size > self.largest and not self.transport.is_closing():
            self.transport.write(b"HTTP/1.1 431 \r\nconnection: close\r\ncontent-length: 0\r\n\r\n")
            self.transport.close()
        else:
            self._wait()

    def on_message_begin(self) -> None:
        """A head begins."""
        self._in_head, self._size = True, 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """A head has ended."""
        self._in_head = False
        super().on_headers_complete()

    def _wait(self) -> None:
        self._due = self._due or self.loop.call_later(self.patience, self.transport.close)

    def _rest(self) -> None:
        if self._due is not None:
            self._due.cancel()
            self._due = None
