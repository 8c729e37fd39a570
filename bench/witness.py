"""An SMTP server that takes everything, keeps nothing, and writes down to whom: the witness of who was served, outside what is killed.

`python -m bench.witness FILE` prints its port. A line of FILE for each message: milliseconds since 1970, the host that greeted, the
recipient; written before its 250 is, so that nobody is told "taken" whom the file does not name.
"""

from __future__ import annotations

import asyncio
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from subprocess import PIPE, Popen
from typing import cast

import uvloop

END = b"\r\n.\r\n"
OFFERS = b"250-witness\r\n250-PIPELINING\r\n250-SIZE 50000000\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 ENHANCEDSTATUSCODES\r\n"


class Line(asyncio.Protocol):
    """One connection. Bodies are passed over; what is kept of them is the last bytes, in which an end may have begun."""

    def __init__(self, kept: list[bytes]) -> None:
        self._kept = kept
        self._bytes = b""
        self._body = False
        self._host, self._to = b"", b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Greet."""
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is none by descent
        self._transport.write(b"220 witness ESMTP\r\n")

    def data_received(self, data: bytes) -> None:
        """Commands and bodies, as they come."""
        self._bytes += data
        answers: list[bytes] = []
        while self._passed_body(answers) if self._body else self._did_command(answers):
            pass
        if answers:
            self._transport.write(b"".join(answers))

    def _passed_body(self, answers: list[bytes]) -> bool:
        at = self._bytes.find(END)
        if at < 0:
            self._bytes = self._bytes[-(len(END) - 1) :]
            return False
        self._bytes, self._body = self._bytes[at + len(END) :], False
        self._kept.append(b"%d %b %b\n" % (time.time_ns() // 1_000_000, self._host, self._to))
        answers.append(b"250 2.0.0 Ok: queued as %X\r\n" % (0x10000000 + id(self) % 0xFFFF))
        return True

    def _did_command(self, answers: list[bytes]) -> bool:
        line, ended, rest = self._bytes.partition(b"\r\n")
        if not ended:
            return False
        self._bytes = rest
        answers.append(self._answer(line))
        return True

    def _answer(self, line: bytes) -> bytes:
        verb = line[:4].upper()
        if verb == b"EHLO":
            self._host = line[5:].strip() or b"-"
            return OFFERS
        if verb == b"RCPT":
            self._to = line.partition(b"<")[2].partition(b">")[0]
        if verb == b"DATA":
            self._body, self._bytes = True, b"\r\n" + self._bytes  # an empty body ends at once
            return b"354 go on\r\n"
        if verb == b"QUIT":
            self._transport.close()
        return b"221 2.0.0 bye\r\n" if verb == b"QUIT" else b"250 2.1.0 Ok\r\n"


class Written(list[bytes]):
    """Lines on their way into the file: the system has each before its 250 leaves, so that a witness that is killed has lied to nobody."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self._file = Path(path).open("ab", buffering=0)  # noqa: SIM115  open as long as the process

    def append(self, line: bytes, /) -> None:
        """One message more was taken."""
        self._file.write(line)


async def serve(path: str) -> None:
    """Listen on a free port of the loopback, say which, and take messages until SIGTERM."""
    loop, ended, kept = asyncio.get_running_loop(), asyncio.Event(), Written(path)
    loop.add_signal_handler(signal.SIGTERM, ended.set)
    server = await loop.create_server(lambda: Line(kept), "127.0.0.1", 0, backlog=512)
    print(server.sockets[0].getsockname()[1], flush=True)
    await ended.wait()
    server.close()


@dataclass(frozen=True, slots=True)
class Witness:
    """A running witness."""

    port: int
    path: Path

    def served(self) -> list[tuple[int, str, str]]:
        """Milliseconds since 1970, host and recipient of each message taken, in that order."""
        lines = self.path.read_text("utf-8").splitlines() if self.path.exists() else []
        return [(int(at), host, to) for at, host, to in (line.split(" ", 2) for line in lines)]


@contextmanager
def witness(path: Path) -> Iterator[Witness]:
    """A witness in a process of its own, ended with the block."""
    with Popen([sys.executable, "-m", "bench.witness", str(path)], stdout=PIPE) as process:
        assert process.stdout is not None
        try:
            yield Witness(int(process.stdout.readline()), path)
        finally:
            process.terminate()


if __name__ == "__main__":
    uvloop.run(serve(sys.argv[1]))
