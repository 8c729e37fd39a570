"""Bytes to and from the server: a socket that never blocks, plain or through TLS."""

from __future__ import annotations

import errno
import os
import socket
import ssl
from collections.abc import Iterable
from contextlib import suppress

from mailings import seams
from mailings.seams import Seam
from mailings.transports.smtp.route import Address

_SEND_BUFFER = 262_144  # bytes: a usual message leaves in one call, and the line turns to the next
_PIECE = 65_536  # OpenSSL wants the very same bytes again after "not now", so they are cut at fixed places
_NOT_NOW = (BlockingIOError, ssl.SSLWantReadError)


class Wire:
    """One connection. Raises OSError (ssl.SSLError is one) where it is lost."""

    def __init__(self, address: Address) -> None:
        self.stalled = False  #: TLS must write before it can go on
        self._out: list[bytes | memoryview] = []
        self._socket = socket.socket(address.family, socket.SOCK_STREAM)
        self._socket.setblocking(False)
        # without NODELAY a small write behind a large one waits for the server's delayed acknowledgement, 40 ms
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER)
        self._refused = self._socket.connect_ex(address.where)

    def fileno(self) -> int:
        """The number a selector knows it by; the same through TLS."""
        return self._socket.fileno()

    @property
    def full(self) -> bool:
        """Whether something is left to be written."""
        return bool(self._out)

    def connected(self) -> str:
        """Our own end's address, once the connection stands. Raises OSError where it does not."""
        number = (
            self._refused if self._refused not in {0, errno.EINPROGRESS} else self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        )
        if number:
            raise OSError(number, os.strerror(number))
        return str(self._socket.getsockname()[0])

    def encrypt(self, context: ssl.SSLContext, name: str) -> None:
        """From here on TLS; `shake` until it says it is done."""
        self._socket = context.wrap_socket(self._socket, server_hostname=name, do_handshake_on_connect=False)

    def shake(self) -> bool:
        """Go on with the TLS handshake; True when it is done."""
        assert isinstance(self._socket, ssl.SSLSocket)
        self.stalled = False
        try:
            self._socket.do_handshake()
        except ssl.SSLWantReadError:
            return False
        except ssl.SSLWantWriteError:
            self.stalled = True
            return False
        return True

    def read(self) -> bytes:
        """What has come, b"" when nothing has. Raises ConnectionResetError at the end of the stream."""
        received = b""
        try:
            while True:
                piece = self._socket.recv(65_536)
                received += piece
                if not piece:
                    if received:
                        return received  # the end is met again at the next call
                    raise ConnectionResetError(errno.ECONNRESET, "the server closed it")
                if not isinstance(self._socket, ssl.SSLSocket):
                    return received
        except _NOT_NOW:
            return received
        except ssl.SSLEOFError as error:
            raise ConnectionResetError(errno.ECONNRESET, "the server closed it") from error

    def write(self, words: Iterable[bytes] = ()) -> bool:
        """Write these after what is left of before, as much as is taken now; True when any was."""
        self._out.extend(words)
        wrote = False
        try:
            while self._out:
                seams.before(Seam.HAND_OVER)
                self._drop(self._send())
                seams.after(Seam.HAND_OVER)
                wrote, self.stalled = True, False
        except _NOT_NOW:
            pass
        except ssl.SSLWantWriteError:
            self.stalled = True
        return wrote

    def quit(self) -> None:
        """Send QUIT, as far as the socket takes it at once; the answer would tell us nothing."""
        with suppress(OSError):
            self._socket.send(b"QUIT\r\n")

    def close(self) -> None:
        """Let go of it."""
        self._socket.close()

    def _send(self) -> int:
        if isinstance(self._socket, ssl.SSLSocket):
            return self._socket.send(self._out[0][:_PIECE])
        return self._socket.sendmsg(self._out)

    def _drop(self, sent: int) -> None:
        out = self._out
        while out and sent >= len(out[0]):
            sent -= len(out.pop(0))
        if sent:
            out[0] = memoryview(out[0])[sent:]
