"""Acme, the invented provider of docs/how-to/add-a-transport.md: a server on loopback that takes messages and answers for each."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import orjson

from tests.doubles.saying import Exchange, Says, serving

KEY = "acme-test-key"
MOST = 50  # messages in a request


@dataclass
class Double:
    """What it does, and what it took. `told` = results by address, `always` = the answer to every request from now on."""

    port: int = 0
    told: dict[str, dict[str, Any]] = field(default_factory=dict)
    always: Says | None = None
    taken: list[dict[str, Any]] = field(default_factory=list)

    def facts(self) -> dict[str, Any]:
        """The settings by which it is spoken to."""
        return {"key": KEY, "host": f"http://127.0.0.1:{self.port}", "timeout": 60, "_env_file": None}

    def answer(self, messages: list[dict[str, Any]]) -> Says:
        """The answer to one request: a result a message, unless it was told something else."""
        if self.always is not None and not self.always.takes:
            return self.always
        results = [self._result(message) for message in messages]
        return self.always or Says(200, orjson.dumps({"results": results}), {"Content-Type": "application/json"})

    def _result(self, message: dict[str, Any]) -> dict[str, Any]:
        told = self.told.get(message["to"]["address"])
        if told is not None:
            return told
        self.taken.append(message)
        return {"result": "accepted", "id": f"acme-{len(self.taken)}"}


class _Exchange(Exchange):
    double: Double

    def do_POST(self) -> None:  # noqa: N802  the standard library's name
        messages = orjson.loads(self.rfile.read(int(self.headers["Content-Length"])))["messages"]
        right = self.path == "/v1/send" and self.headers["X-Acme-Key"] == KEY and len(messages) <= MOST
        self.say(self.double.answer(messages) if right else Says(401, b"{}"))


@contextmanager
def acme() -> Iterator[Double]:
    """A running double."""
    double = Double()
    with serving(type("Exchange", (_Exchange,), {"double": double})) as double.port:
        yield double
