"""A small mail server that does for each address exactly what it was told: refuses, stalls, hangs up, falls silent."""

from __future__ import annotations

import re
import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

HANG_UP = "(hangs up)"  # the connection is closed without a word
SILENCE = "(silence)"  # no answer ever comes

IDLE = b"421 4.4.2 You have been idle for too long\r\n"

FULL = ("PIPELINING", "SIZE 10240000", "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES")

_HELD: list[socket.socket] = []  # ports where nobody listens


@dataclass(frozen=True)
class Taken:
    """A message the server answered 250 for, dots taken off again."""

    sender: str
    recipient: str
    content: bytes
    mail: str  #: the whole MAIL command


@dataclass
class Mailbox:
    """What the server does, and what it took. `told` maps the beginning of a command ("RCPT TO:<anna@", "END anna@") to its answer.

    Several answers are given one after the other, the last of them from then on.
    """

    port: int = 0
    offers: tuple[str, ...] = FULL
    told: dict[str, str | list[str]] = field(default_factory=dict)
    per_connection: int | None = None
    at_once: int | None = None  #: connections beyond these are sent away
    drip: bool = False  #: answers leave byte by byte
    idle: float | None = None  #: seconds without a command after which a line is closed
    open: dict[socket.socket, None] = field(default_factory=dict)  #: the oldest first
    silent: set[int] = field(default_factory=set)  #: ports of clients to whom nothing more will be said
    taken: list[Taken] = field(default_factory=list)
    bodies: int = 0  #: whole messages that came in, taken or not
    connections: int = 0
    commands: list[str] = field(default_factory=list)
    most_at_once: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, command: str, usual: str) -> str:
        """The answer to `command`: as told, else the usual one."""
        with self._lock:
            self.commands.append(command)
        told = next((answer for start, answer in self.told.items() if command.upper().startswith(start.upper())), usual)
        if isinstance(told, str):
            return told
        return told.pop(0) if len(told) > 1 else told[0]

    def came(self, line: socket.socket) -> int:
        """A connection came; how many there are now."""
        with self._lock:
            self.open[line] = None
            self.connections += 1
            self.most_at_once = max(self.most_at_once, len(self.open))
            return len(self.open)

    def went(self, line: socket.socket) -> None:
        """A connection went."""
        with self._lock:
            self.open.pop(line, None)

    def weary(self) -> None:
        """Close every line there is now, the oldest first, as a server does that waited too long for a command."""
        with self._lock:
            for line in self.open:
                with suppress(OSError):
                    line.sendall(IDLE)
                    line.shutdown(socket.SHUT_RDWR)


class _Closed(Exception):
    pass


class _Conversation(socketserver.StreamRequestHandler):
    mailbox: Mailbox
    disable_nagle_algorithm = True

    def handle(self) -> None:
        self.sender = self.recipient = self.mail = ""
        self.count = 0
        now = self.mailbox.came(self.request)
        self.request.settimeout(self.mailbox.idle)
        try:
            crowded = self.mailbox.at_once is not None and now > self.mailbox.at_once
            self._say(self.mailbox.answer("CONNECT", "421 4.7.0 Too many connections from you" if crowded else "220 mailbox.test ESMTP"))
            while line := self.rfile.readline():
                self._obey(line.decode("utf-8", "replace").rstrip("\r\n"))
        except TimeoutError:
            self.wfile.write(IDLE)
        except (_Closed, OSError):
            return
        finally:
            self.mailbox.went(self.request)

    def _obey(self, command: str) -> None:
        verb = command[:4].upper()
        if verb == "EHLO":
            usual = "\r\n".join(f"250-{word}" for word in ("mailbox.test", *self.mailbox.offers)) + "\r\n250 HELP"
        elif verb == "MAIL":
            usual = "503 5.5.1 nested MAIL" if self.sender else "250 2.1.0 Ok"
            if self.mailbox.per_connection is not None and self.count >= self.mailbox.per_connection:
                usual = "421 4.7.0 Too many messages on this connection"
        elif verb == "RCPT":
            usual = "250 2.1.5 Ok" if self.sender else "503 5.5.1 need MAIL"
        elif verb == "DATA":
            usual = "354 go ahead" if self.recipient else "503 5.5.1 no valid recipients"
        else:
            usual = "250 2.0.0 Ok"
        self._follow(verb, command, self.mailbox.answer(command, usual))

    def _follow(self, verb: str, command: str, answer: str) -> None:
        address = (re.findall(r"<(.*?)>", command) or [""])[0]
        if verb == "MAIL" and answer.startswith("250"):
            self.sender, self.mail = address, command
        if verb == "RCPT" and answer.startswith("250"):
            self.recipient = address
        if verb == "RSET":
            self.sender = self.recipient = ""
        self._say(answer)
        if verb == "DATA" and answer.startswith("354"):
            self._receive()

    def _receive(self) -> None:
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            if not line:
                raise _Closed
            lines.append(line[1:] if line.startswith(b".") else line)
        self.count += 1
        self.mailbox.bodies += 1
        usual = "250 2.0.0 Ok: queued as 4XyZ1" if self.recipient else "554 5.5.1 no valid recipients"
        answer = self.mailbox.answer(f"END {self.recipient}", usual)
        if answer.startswith("250") and self.recipient:
            self.mailbox.taken.append(Taken(self.sender, self.recipient, b"".join(lines), self.mail))
        self.sender = self.recipient = ""
        self._say(answer)

    def _say(self, answer: str) -> None:
        if answer == HANG_UP:
            raise _Closed
        if answer == SILENCE:
            self.mailbox.silent.add(self.client_address[1])
            while self.rfile.read(65_536):
                pass
            raise _Closed
        words = answer.encode() + b"\r\n"
        for piece in (words[n : n + 1] for n in range(len(words))) if self.mailbox.drip else (words,):
            self.wfile.write(piece)
        if answer.startswith("421"):
            raise _Closed


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True
    request_queue_size = 64


@contextmanager
def mailbox(**facts: object) -> Iterator[Mailbox]:
    """A running server on a port of its own; `facts` as Mailbox has them."""
    box = Mailbox(**facts)  # type: ignore[arg-type]  # checked by the dataclass
    with _Server(("127.0.0.1", 0), type("Conversation", (_Conversation,), {"mailbox": box})) as server:
        box.port = int(server.server_address[1])
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield box
        finally:
            server.shutdown()
            thread.join(5)


def nobody_listens() -> int:
    """A port of the loopback where connections are refused: it stays bound here, so that nobody else comes to listen there."""
    held = socket.socket()
    held.bind(("127.0.0.1", 0))
    _HELD.append(held)
    return int(held.getsockname()[1])
