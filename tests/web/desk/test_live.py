"""Numbers as they change: right for each viewer in their language, one look for all of them, over when there is nothing more to see."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest
from fastapi import FastAPI
from sqlalchemy import event, select, update

from mailings.db import Database
from mailings.model import Delivery, DeliveryStatus, Mailing, MailingStatus, Role
from mailings.settings import Settings
from mailings.staff import signing_in
from tests.consent.waiting import a_mailing, queue
from tests.web.desk.seated import user
from tests.web.desk.viewing import NAME, PATH, Viewer, watching
from tests.web.process import served
from web.app import make_app
from web.desk import live
from web.desk.at import cookie_of


@pytest.fixture
def sending(db: Database) -> Database:
    """A mailing of which one message has left and two wait."""
    with db.writing() as session:
        mailing = a_mailing(session, NAME)
        queue(session, mailing, "åse@fjord.test", DeliveryStatus.SENT)
        for number in range(2):
            queue(session, mailing, f"désirée{number}@ijssel.test")
    return db


@pytest.fixture
def app(sending: Database) -> FastAPI:
    """The door."""
    return make_app(sending, Settings(_env_file=None))


def send_one(db: Database) -> None:
    """One of those that wait leaves us."""
    with db.writing() as session:
        first = session.scalars(select(Delivery).where(Delivery.status == DeliveryStatus.QUEUED).order_by(Delivery.id)).first()
        assert first
        first.status = DeliveryStatus.SENT


def numbers(text: str) -> str:
    """The numbers of an event without their markup."""
    return " ".join(text.replace("data: ", "").split())


def test_every_viewer_sees_them_move_in_their_language(sending: Database, app: FastAPI) -> None:
    """What leaves us shows within a look or two, in Norwegian for one and in Dutch for the other; a proxy is told not to hold it back."""

    async def look() -> None:
        """In the loop of the page."""
        secret, _ = user(sending, Role.READER)
        one, other = Viewer(app, secret, language="nb"), Viewer(app, secret, language="nl")
        async with watching(one), watching(other):
            assert "<strong>1</strong> av 3" in numbers(await one.next())
            assert "<strong>1</strong> van 3" in numbers(await other.next())
            send_one(sending)
            assert "<strong>2</strong> av 3" in numbers(await seen(one, "<strong>2"))
            assert "<strong>2</strong> van 3" in numbers(await seen(other, "<strong>2"))
        headers = dict(one.began["headers"])
        assert headers[b"x-accel-buffering"] == b"no"
        assert headers[b"cache-control"] == b"no-store"
        assert headers[b"content-type"].startswith(b"text/event-stream")
        assert app.state.streams.open == 0
        assert app.state.streams.viewed == {}

    asyncio.run(look())


async def seen(viewer: Viewer, what: str) -> str:
    """The first numbers in which this stands."""
    while what not in (text := await viewer.next()):
        pass
    return text


def test_many_viewers_cost_one_look(sending: Database, app: FastAPI) -> None:
    """Thirty watch the same mailing: each of them sees every look, and the database is asked as if it were one."""

    async def look() -> tuple[int, float]:
        """In the loop of the page: how many looks, and in how many seconds."""
        secrets = [user(sending, Role.READER, name=f"leser{number}")[0] for number in range(5)]
        viewers = [Viewer(app, secret) for secret in secrets for _ in range(live.EACH)]
        tasks = [asyncio.create_task(viewer()) for viewer in viewers]
        for viewer in viewers:
            await viewer.next()
        asked, since = list[str](), time.monotonic()
        event.listen(sending.engine, "before_cursor_execute", lambda *told: asked.append(told[2]) if "again_of" in told[2] else None)
        for viewer in viewers:
            await viewer.next()
            await viewer.next()
        while not asked:
            await viewers[0].next()  # what came before may have been waiting
        told = len(asked), time.monotonic() - since
        for viewer in viewers:
            viewer.leaves.set()
        await asyncio.gather(*tasks)
        return told

    looks, took = asyncio.run(look())
    assert looks <= 1 + took / live.EVERY


def test_the_page_is_made_anew_when_the_mailing_stands_elsewhere(sending: Database, app: FastAPI) -> None:
    """The last numbers, then `done`, and the stream ends by itself: paused, sent, whatever the page did not show yet."""

    async def look() -> None:
        """In the loop of the page."""
        secret, _ = user(sending, Role.READER)
        viewer = Viewer(app, secret, "status=sending")
        async with watching(viewer) as task:
            await viewer.next()
            with sending.writing() as session:
                session.execute(update(Mailing).values(status=MailingStatus.SENT))
            assert await viewer.next("event: done")
            async with asyncio.timeout(60):
                await task

    asyncio.run(look())


def test_who_signs_out_sees_no_more(sending: Database, app: FastAPI) -> None:
    """A stream shows now and then that it is alive, and asks again who listens: after signing out it ends."""

    async def look() -> None:
        """In the loop of the page."""
        secret, _ = user(sending, Role.READER)
        app.state.streams = live.Streams(beat=0.1)
        viewer = Viewer(app, secret)
        async with watching(viewer) as task:
            assert await viewer.next(": still here")
            with sending.writing() as session:
                signing_in.end(session, secret)
            async with asyncio.timeout(60):
                await task

    asyncio.run(look())


def test_nobody_signed_in_hears_nothing(app: FastAPI) -> None:
    """The way to the door instead of a stream."""

    async def look() -> None:
        """In the loop of the page."""
        viewer = Viewer(app, "no such secret")
        await viewer()
        assert viewer.began["status"] == 303

    asyncio.run(look())


def test_the_door_closes_at_once_though_somebody_listens(sending: Database, tmp_path: Path) -> None:
    """`mailings serve` with an open stream: SIGTERM ends the stream and the process, with exit code 0 and long before the grace is over."""
    secret, _ = user(sending, Role.READER)
    with served(sending, tmp_path) as door, door.connect() as line:
        cookie = cookie_of(Settings(_env_file=None))
        line.sendall(f"GET {PATH.replace('ø', '%C3%B8')} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {cookie}={secret}\r\n\r\n".encode())
        came = b""
        while b"event: numbers" not in came:
            came += line.recv(65536)
        door.process.terminate()
        assert door.process.wait(10) == 0
        while piece := line.recv(65536):
            came += piece
        assert came.endswith(b"0\r\n\r\n")  # the answer ended as one ends that is whole
