"""A web door opened in this process: asked as uvicorn would ask it, byte for byte, without a network in between."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from fastapi import FastAPI

from mailings import clock
from mailings.db import Database
from mailings.model import Delivery, DeliveryStatus, MailingStatus, TrackedLink
from mailings.settings import Settings
from mailings.tokens import Kind, Tokens, of_day, of_minute
from tests.consent.waiting import a_mailing, a_person, a_topic, queue
from web.app import make_app

SECRET = "a-secret-of-the-tests"
STRANGER = "203.0.113.7"


@dataclass(frozen=True)
class Answered:
    """What came back, in full."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str | None:
        """The value of a header, None where it is not set; several are joined."""
        values = [value for key, value in self.headers if key == name.lower()]
        return ", ".join(values) or None


class Opened:
    """An open door. `client` of a request is the address it comes from; None = a Unix socket."""

    def __init__(self, app: FastAPI, runner: asyncio.Runner) -> None:
        self.app, self._runner = app, runner

    def ask(
        self, method: str, target: str, body: bytes | list[bytes | None] = b"", *, client: str | None = STRANGER, **headers: str
    ) -> Answered:
        """One request. `target` = path and query as they stand in the request line; header names with _ for -; None = never comes."""
        return self._runner.run(self._ask(self._scope(method, target, client, headers), [body] if isinstance(body, bytes) else body))

    def press(self, target: str, **fields: str) -> Answered:
        """Post a form to an address."""
        body = "&".join(f"{name}={value}" for name, value in fields.items()).encode()
        return self.ask("POST", target, body, content_type="application/x-www-form-urlencoded", content_length=str(len(body)))

    def _scope(self, method: str, target: str, client: str | None, headers: dict[str, str]) -> dict[str, Any]:
        path, _, query = target.partition("?")
        named = [(name.replace("_", "-").encode(), value.encode("latin-1")) for name, value in ({"host": "post.test"} | headers).items()]
        return {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "server": ("127.0.0.1", 8600),
            "client": (client, 40000) if client else None,
            "scheme": "http",
            "root_path": "",
            "method": method,
            "path": unquote(path),
            "raw_path": path.encode("latin-1"),
            "query_string": query.encode("latin-1"),
            "headers": named,
            "state": {},
        }

    async def _ask(self, scope: dict[str, Any], chunks: Sequence[bytes | None]) -> Answered:
        pending = [{"type": "http.request", "body": chunk, "more_body": n < len(chunks)} for n, chunk in enumerate(chunks, 1)]
        sent: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            if pending and pending[0]["body"] is None:
                await asyncio.Event().wait()
            return pending.pop(0) if pending else {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            sent.append(message)

        await self.app(scope, receive, send)
        if not sent:
            return Answered(0, (), b"")
        headers = tuple((name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in sent[0]["headers"])
        return Answered(sent[0]["status"], headers, b"".join(message["body"] for message in sent[1:]))


@contextmanager
def opened(db: Database, **more: Any) -> Iterator[Opened]:
    """A door on this database, started and at the end stopped. `rates` and `bodies` are the guard's, the rest are settings."""
    guards = {name: more.pop(name) for name in ("rates", "bodies") if name in more}
    told = {"secret": SECRET, "public_url": "https://post.test", "company_name": "Vindheim"} | more
    app = make_app(db, Settings(_env_file=None, **told), **guards)  # type: ignore[call-arg]  # pydantic-settings takes it
    with asyncio.Runner() as runner:
        lifespan = app.router.lifespan_context(app)
        runner.run(lifespan.__aenter__())
        try:
            yield Opened(app, runner)
        finally:
            runner.run(lifespan.__aexit__(None, None, None))


def a_delivery(db: Database, name: str = "høst-nytt", **more: Any) -> int:
    """A message that was sent to Åse Ødegård about a topic, with one link; the delivery's id."""
    with db.writing() as session:
        mailing = a_mailing(session, name, a_topic(session, f"Nyheter {name}"), status=MailingStatus.SENT)
        session.add(TrackedLink(mailing_id=mailing.id, number=1, url="https://vindheim.test/tilbud"))
        person = a_person(session, f"ase.odegard.{sum(name.encode())}@fjord.test", name="Åse Ødegård")
        delivery = queue(session, mailing, person, DeliveryStatus.SENT)
        session.get_one(Delivery, delivery.id).sent_at = clock.now()
        return delivery.id


def address(kind: Kind, payload: int | str, secret: str = SECRET) -> str:
    """The address a token of that kind stands in, made just now."""
    signed = Tokens(secret)
    now = int(clock.now().timestamp())
    if kind in (Kind.PREFERENCES, Kind.CONFIRM, Kind.SUBMISSION):
        payload = of_day(payload, now // 86400) if kind is Kind.PREFERENCES else of_minute(payload, now // 60)
    if kind is Kind.DYNAMIC:
        return f"/d/{signed.sign(kind, payload, 'https://vindheim.test/')}?u=https%3A%2F%2Fvindheim.test%2F"
    return f"/{kind}/{signed.sign(kind, payload)}" + ("/1" if kind is Kind.CLICK else "")
