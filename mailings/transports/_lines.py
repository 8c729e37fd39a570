"""Connections to one host, kept open from one request to the next; tells a request that never began from one that may have arrived."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from http.client import HTTPException
from queue import Empty, LifoQueue
from urllib.parse import urlsplit

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError, LocationParseError, NameResolutionError

from mailings.errors import Misconfigured, TransportError, TryLater
from mailings.readable import counted

#: Seconds unused after which a line is trusted no more: many servers close one after five, and what was just written would be in doubt.
IDLE = 3.0
#: Seconds for a connection and its TLS, however long answers may take.
CONNECTING = 15.0
#: Bytes a second a network must carry at least: a large body may take longer to write than an answer takes to come.
SLOWEST = 50_000
#: Bytes of an answer that are read.
LARGEST_ANSWER = 1_000_000


class Lost(TransportError):
    """The request was begun, and no answer came: the other side may have it."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, whatever its status. Named as the SDK's own; `headers` are found in any case."""

    status_code: int
    headers: Mapping[str, str]
    body: bytes


class Line:
    """One open connection. For one thread at a time."""

    def __init__(self, connection: HTTPConnection, timeout: float) -> None:
        self._connection, self._timeout = connection, timeout
        self._used = time.monotonic()

    @property
    def sound(self) -> bool:
        """Whether it may be used once more."""
        return time.monotonic() - self._used < IDLE and self._connection.is_connected

    def exchange(self, words: tuple[str, str], headers: Mapping[str, str], body: bytes | None) -> Answer:
        """Send one request, `words` = its method and path, and wait for the answer. Redirects are answers. Raises Lost."""
        connection = self._connection
        try:
            connection.timeout = self._timeout + len(body or b"") / SLOWEST
            with suppress(BrokenPipeError):  # it may have answered, and closed, before it read everything
                connection.request(*words, body=body, headers=headers, preload_content=False)
            connection.timeout = self._timeout
            response = connection.getresponse()
            said = response.read(LARGEST_ANSWER, decode_content=True)
        except TimeoutError as error:
            self.close()
            raise Lost(f"{connection.host} did not answer within {counted(self._timeout, 'second')}.") from error
        except (OSError, HTTPException, HTTPError) as error:
            self.close()
            raise Lost(f"The connection to {connection.host} was lost before the answer came ({_why(error)}).") from error
        if response.headers.get("Connection", "").lower() == "close" or len(said) == LARGEST_ANSWER:
            self.close()
        self._used = time.monotonic()
        return Answer(response.status, response.headers, said)

    def close(self) -> None:
        """Let go of it."""
        self._connection.close()


class Lines:
    """As many lines to `address` as threads ask for at a time; `setting` = the variable that says where it is."""

    def __init__(self, address: str, timeout: float, setting: str) -> None:
        self._parts, self._timeout, self._setting = urlsplit(address), timeout, setting
        self._free: LifoQueue[Line] = LifoQueue()

    def take(self) -> Line:
        """A line that stands, a new one if need be: nothing has been sent on it. Raises TryLater, and Misconfigured for a certificate."""
        while True:
            try:
                line = self._free.get_nowait()
            except Empty:
                return self._new()
            if line.sound:
                return line
            line.close()

    def give_back(self, line: Line) -> None:
        """Keep it for the next request."""
        self._free.put(line)

    def close(self) -> None:
        """Close those nobody uses. May be called twice."""
        with suppress(Empty):
            while True:
                self._free.get_nowait().close()

    @cached_property
    def _context(self) -> ssl.SSLContext:
        return ssl.create_default_context()  # reads the system's certificates: 20 to 40 ms, so once

    def _new(self) -> Line:
        host, port, timeout = self._parts.hostname or "", self._parts.port, min(CONNECTING, self._timeout)
        connection = HTTPConnection(host, port, timeout=timeout)
        if self._parts.scheme == "https":
            connection = HTTPSConnection(host, port, timeout=timeout, ssl_context=self._context)
        try:
            connection.connect()
        except (OSError, HTTPException, HTTPError) as error:
            connection.close()
            raise self._sentence(error) from error
        return Line(connection, self._timeout)

    def _sentence(self, error: Exception) -> TransportError:
        if isinstance(error, ssl.SSLCertVerificationError):
            return Misconfigured(f"{self._parts.netloc} does not prove who it is: {error.verify_message}.")
        if isinstance(error, LocationParseError):
            return Misconfigured(f"{self._setting}: {self._parts.hostname} is no name of a server.")
        if isinstance(error, NameResolutionError):
            return TryLater(f"The name {self._parts.hostname} has no address just now; is this machine on the network?")
        return TryLater(f"{self._parts.netloc} cannot be reached ({_why(error)}).")


def _why(error: BaseException) -> str:
    """The system's own words where there are any: urllib3's hold addresses of objects."""
    cause = error if isinstance(error, OSError) else error.__cause__ or error.__context__ or error
    if isinstance(cause, TimeoutError | socket.timeout):
        return "no answer in time"
    return (cause.strerror if isinstance(cause, OSError) else None) or type(cause).__name__
