"""SendGrid as far as one can know it: a server on loopback that checks requests as the API does, puts messages together, and keeps them."""

from __future__ import annotations

import socket
import ssl
import threading
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import orjson

from mailings.transports.sendgrid.settings import Settings
from tests.doubles.saying import Exchange, Says, serving
from tests.doubles.sendgrid_rules import Taken, faults, put_together
from tests.doubles.sendgrid_statistics import answer_to

KEY = "SG.test-key.of-nobody"


def says(status: int, message: str, field: str | None = None, **headers: str) -> Says:
    """An answer as the API gives it; `headers` with _ for -."""
    body = orjson.dumps({"errors": [{"message": message, "field": field}]})
    return Says(status, body, {name.replace("_", "-"): value for name, value in headers.items()} | {"Content-Type": "application/json"})


@dataclass
class Double:
    """What it does, and what it took. `next` = answers to the next requests, `always` = to all that follow."""

    port: int = 0
    next: deque[Says] = field(default_factory=deque)
    always: Says | None = None
    named: dict[str, str] = field(default_factory=dict)  #: address -> the message with which it is refused, by its place
    unnamed: set[str] = field(default_factory=set)  #: addresses because of which whole requests are refused, and it does not say whose
    taken: list[Taken] = field(default_factory=list)
    bodies: list[dict[str, Any]] = field(default_factory=list)  #: every request that was understood, taken or not
    weights: list[int] = field(default_factory=list)  #: bytes of each of them
    suppressions: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    stats: dict[str, dict[str, dict[str, int]]] = field(default_factory=dict)  #: category -> day -> its numbers
    activity: list[dict[str, Any]] | None = None  #: messages with their events; None = that was not bought
    questions: list[str] = field(default_factory=list)  #: what was asked for, by its path
    next_list: deque[Says] = field(default_factory=deque)  #: answers to the next questions
    meet: threading.Barrier | None = None  #: requests are answered together, so many at a time
    connections: int = 0
    most_at_once: int = 0
    _now: int = 0
    _open: set[socket.socket] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def settings(self, **facts: Any) -> Settings:
        """How to speak to it."""
        return Settings(**({"api_key": KEY, "host": f"http://127.0.0.1:{self.port}", "timeout": 60, "_env_file": None} | facts))

    def answer(self, raw: bytes) -> Says:
        """The answer to one POST /v3/mail/send."""
        with self._lock:
            body = orjson.loads(raw)
            self.bodies.append(body)
            self.weights.append(len(raw))
            told = self.next.popleft() if self.next else self.always
            wrong = list(faults(body, len(raw))) or self._refused(body)
            if told is not None and not told.takes:
                return told
            if wrong:
                errors = [{"message": message, "field": place} for place, message in wrong]
                return Says(400, orjson.dumps({"errors": errors}), {"Content-Type": "application/json"})
            number = f"{len(self.bodies):014d}.dfd.64b469"
            sandbox = body.get("mail_settings", {}).get("sandbox_mode", {}).get("enable", False)
            if not sandbox:
                self.taken += put_together(body, number)
            return told or Says(200 if sandbox else 202, headers={"X-Message-Id": number})

    def listed(self, kind: str, asked: Mapping[str, str]) -> list[dict[str, Any]]:
        """A page of a suppression list, as GET /v3/suppression/KIND gives it."""
        first, last = int(asked.get("start_time", 0)), int(asked.get("end_time", 2**40))
        found = [one for one in self.suppressions.get(kind, []) if first <= one["created"] <= last]
        offset = int(asked.get("offset", 0))
        return found[offset : offset + int(asked.get("limit", 500))]

    def came(self, by: int) -> None:
        """A request came (1) or was answered (-1)."""
        with self._lock:
            self._now += by
            self.most_at_once = max(self.most_at_once, self._now)

    def connected(self, line: socket.socket) -> None:
        """A connection came."""
        self.connections += 1
        self._open.add(line)

    def hang_up_all(self) -> None:
        """Every connection is closed, and no more is said on it."""
        for line in self._open:
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
        self._open.clear()

    def _refused(self, body: dict[str, Any]) -> list[tuple[str | None, str]]:
        addresses = [one["to"][0]["email"] for one in body["personalizations"]]
        if self.unnamed.intersection(addresses):
            return [(None, "Bad Request")]
        return [(f"personalizations.{n}.to.0.email", self.named[one]) for n, one in enumerate(addresses) if one in self.named]


class _Exchange(Exchange):
    double: Double

    def setup(self) -> None:
        super().setup()
        self.double.connected(self.request)

    def do_POST(self) -> None:  # noqa: N802  the standard library's name
        raw = self.rfile.read(int(self.headers["Content-Length"]))
        self.double.came(1)
        try:
            if self.double.meet is not None:
                self.double.meet.wait(60)
            self.say(self._locked_out() or (self.double.answer(raw) if self.path == "/v3/mail/send" else says(404, "not found")))
        finally:
            self.double.came(-1)

    def do_GET(self) -> None:  # noqa: N802
        status, said = answer_to(self.double, self.path)
        usual = Says(status, orjson.dumps(said), {"Content-Type": "application/json"})
        told = self.double.next_list.popleft() if self.double.next_list else usual
        self.say(self._locked_out() or told)

    def _locked_out(self) -> Says | None:
        if self.headers.get("Authorization") != f"Bearer {KEY}":
            return says(401, "The provided authorization grant is invalid, expired, or revoked")
        return None


@contextmanager
def sendgrid(tls: ssl.SSLContext | None = None) -> Iterator[Double]:
    """A running double."""
    double = Double()
    with serving(type("Exchange", (_Exchange,), {"double": double}), tls) as double.port:
        yield double
