"""What every request to the desk must be before a page sees it: a method we know, from a page of our own, with nothing unreadable in it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

ALLOWED = "GET, HEAD, POST"
OURS = frozenset({"same-origin", "none"})  # of Sec-Fetch-Site: our own page, or somebody's hand


def is_desk(path: str) -> bool:
    """True for addresses of the desk."""
    return path == "/desk" or path.startswith("/desk/")


@dataclass
class Threshold:
    """Lets everything else through as it is."""

    app: ASGIApp
    public_url: str

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse, or let in. HEAD is answered as GET, without what it would show."""
        if scope["type"] != "http" or not is_desk(scope["path"]):
            await self.app(scope, receive, send)
        elif refused := self._refused(scope):
            await refused(scope, receive, send)
        elif scope["method"] == "HEAD":
            await self._head(scope, send)
        else:
            await self.app(scope, receive, send)

    def _refused(self, scope: Scope) -> Response | None:
        if scope["method"] not in ("GET", "HEAD", "POST"):
            return Response(status_code=405, headers={"Allow": ALLOWED})
        if "\0" in scope["path"] or b"%00" in scope["query_string"]:  # PostgreSQL keeps no such character, and nobody types one
            return Response(status_code=400)
        if scope["method"] == "POST" and not self._is_ours(Headers(scope=scope)):
            return Response("This came from another site.", 403, media_type="text/plain")
        return None

    def _is_ours(self, headers: Headers) -> bool:
        """Beside the form's token: what browsers say of where a post comes from. What says nothing is no browser of the last ten years."""
        site = headers.get("sec-fetch-site")
        if site is not None:
            return site in OURS
        origin = headers.get("origin")
        if origin is None:
            return True
        ours = urlsplit(self.public_url)
        return (
            origin.lower() == f"{ours.scheme}://{ours.netloc}".lower() or urlsplit(origin).netloc.lower() == headers.get("host", "").lower()
        )

    async def _head(self, scope: Scope, send: Send) -> None:
        begun = asyncio.Event()
        pending: list[Message] = [{"type": "http.request", "body": b"", "more_body": False}]

        async def receive() -> Message:
            if pending:
                return pending.pop()
            await begun.wait()
            return {"type": "http.disconnect"}  # what would go on sending (server-sent events) ends here

        async def head_only(message: Message) -> None:
            if message["type"] == "http.response.start":
                await send(message)
                await send({"type": "http.response.body", "body": b""})
                begun.set()

        await self.app(dict(scope, method="GET"), receive, head_only)
