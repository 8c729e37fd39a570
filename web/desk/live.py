"""Numbers of a mailing as they change (server-sent events): one look a second at most, however many watch it."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import AsyncIterator
from typing import cast

from fastapi import APIRouter, Request
from fastapi.responses import Response, StreamingResponse

from mailings.db import Database
from mailings.reports.watching import Look, Pace, Watch, look_at
from mailings.sending.finding import mailing_named
from web.desk.at import AtDesk, Desk

router = APIRouter()
log = logging.getLogger("mailings.web")

MOST = 200  # streams of one process: each holds a connection, a few kilobytes, and no thread
EACH = 6  # of them one user's: a browser opens no more to one host, and nobody takes them all
EVERY = 1.0  # seconds between two looks at least
SHARE = 10  # a look may cost a tenth of the time: at a million recipients they come less often
BEAT = 15.0  # seconds of silence after which a proxy might think the line is dead
LONGEST = 600.0  # seconds of one stream; the browser begins another, and is asked again who it is
HEADERS = {"X-Accel-Buffering": "no", "Content-Type": "text/event-stream; charset=utf-8"}

News = tuple[Look, Pace]


class Viewed:
    """One mailing somebody watches: looked at by one task, as long as there is a viewer."""

    def __init__(self, database: Database, name: str) -> None:
        self.database, self.name = database, name
        self.viewers = 0
        self.news: News | None = None
        self.over = False
        self.turned = asyncio.Condition()
        self._watch = Watch()
        self._task: asyncio.Task[None] | None = None

    def begin(self) -> None:
        """A viewer more."""
        self.viewers += 1
        if self._task is None:
            self._task = asyncio.create_task(self._run())

    def leave(self) -> None:
        """A viewer less; nobody looks for nobody."""
        self.viewers -= 1
        if not self.viewers and self._task is not None:
            self._task.cancel()
            self._task = None

    async def _run(self) -> None:
        while not self.over:
            since = time.monotonic()
            await self._look()
            if not self.over:
                await asyncio.sleep(max(EVERY, SHARE * (time.monotonic() - since)))

    async def _look(self) -> None:
        try:
            look = await asyncio.to_thread(self._read)
        except Exception as error:  # deleted meanwhile, or the database is away: the viewers' browsers come back, and are told
            log.warning("A mailing is watched no longer: %s", type(error).__name__)
            self.over = True
        else:
            self.news, self.over = (look, self._watch.add(look)), not look.moving
        async with self.turned:
            self.turned.notify_all()

    def _read(self) -> Look:
        with self.database.reading() as session:
            return look_at(session, self.name, self._watch.last)


class Streams:
    """All streams of one process, kept on the app as `app.state.streams`."""

    def __init__(self, beat: float = BEAT) -> None:
        self.viewed: dict[str, Viewed] = {}
        self.of_user = Counter[int]()
        self.open, self.beat = 0, beat
        self.ending = False

    def full(self, user_id: int) -> bool:
        """True while there is no room for one more of this user."""
        return self.ending or self.open >= MOST or self.of_user[user_id] >= EACH

    async def end(self) -> None:
        """The process ends: every stream ends now, and the browsers come back to whoever answers next."""
        self.ending = True
        for viewed in list(self.viewed.values()):
            async with viewed.turned:
                viewed.turned.notify_all()

    async def follow(self, desk: Desk, name: str) -> AsyncIterator[bytes]:
        """The events of one viewer, each the numbers as their page shows them; `done` once the rest of the page is true no more."""
        if self.full(desk.user.id):  # many asked at once, and another took the place
            yield b"retry: 30000\n\n"
            return
        viewed, shown = self._enter(desk, name), desk.request.query_params.get("status")
        until, asked, told = time.monotonic() + LONGEST, time.monotonic(), None
        try:
            yield b"retry: 3000\n\n"
            while not self.ending and time.monotonic() < until:
                if viewed.news is not None and viewed.news is not told:
                    told = viewed.news
                    yield _event("numbers", _page(desk, told))
                    if shown and told[0].status != shown:
                        yield _event("done", told[0].status)
                        return
                if viewed.over:
                    return
                if not await _turns(viewed, told, self):
                    yield b": still here\n\n"
                if time.monotonic() - asked > self.beat:
                    asked = time.monotonic()
                    if not await asyncio.to_thread(desk.is_still_there):
                        return
        finally:
            self._leave(desk, viewed)

    def _enter(self, desk: Desk, name: str) -> Viewed:
        self.open += 1
        self.of_user[desk.user.id] += 1
        viewed = self.viewed.get(name)
        if viewed is None or viewed.over:
            viewed = self.viewed[name] = Viewed(desk.door.database, name)
        viewed.begin()
        return viewed

    def _leave(self, desk: Desk, viewed: Viewed) -> None:
        self.open -= 1
        self.of_user -= Counter([desk.user.id])  # nought is dropped
        viewed.leave()
        if not viewed.viewers and self.viewed.get(viewed.name) is viewed:
            del self.viewed[viewed.name]


async def _turns(viewed: Viewed, told: News | None, streams: Streams) -> bool:
    """Wait for something new; False when nothing was for as long as silence may last."""
    try:
        async with asyncio.timeout(streams.beat), viewed.turned:
            await viewed.turned.wait_for(lambda: viewed.news is not told or viewed.over or streams.ending)
    except TimeoutError:
        return False
    return True


def _page(desk: Desk, news: News) -> str:
    return bytes(desk.show("mailing/numbers.html", look=news[0], pace=news[1]).body).decode()


def _event(name: str, text: str) -> bytes:
    lines = "".join(f"data: {line}\n" for line in text.splitlines())
    return f"event: {name}\n{lines}\n".encode()


def streams_of(request: Request) -> Streams:
    """The streams of the app a request came to."""
    return cast(Streams, request.app.state.streams)


@router.get("/mailings/{name}/live", response_model=None)
async def live(name: str, desk: AtDesk) -> Response:
    """The stream. 503 where one process, or one user, has as many as it may: the page is right on reload all the same. Raises NotFound."""
    await asyncio.to_thread(_must_be, desk, name)
    streams = streams_of(desk.request)
    if streams.full(desk.user.id):
        return Response(status_code=503, headers={"Retry-After": "30"})
    return StreamingResponse(streams.follow(desk, name), headers=HEADERS)


def _must_be(desk: Desk, name: str) -> None:
    with desk.door.database.reading() as session:
        mailing_named(session, name)
