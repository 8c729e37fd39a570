"""How many streams of live numbers there are: so many in a process, so many of one user."""

from __future__ import annotations

import asyncio

import pytest
from fastapi import FastAPI

from mailings.db import Database
from mailings.model import Role
from mailings.settings import Settings
from tests.consent.waiting import a_mailing, queue
from tests.web.desk.seated import user
from tests.web.desk.viewing import NAME, Viewer, watching
from web.app import make_app
from web.desk import live


@pytest.fixture
def sending(db: Database) -> Database:
    """A mailing of which one message waits."""
    with db.writing() as session:
        queue(session, a_mailing(session, NAME), "åse@fjord.test")
    return db


@pytest.fixture
def app(sending: Database) -> FastAPI:
    """The door."""
    return make_app(sending, Settings(_env_file=None))


def test_a_process_holds_so_many_streams_and_no_more(sending: Database, app: FastAPI) -> None:
    """One more is told to come back later; the page itself is right all the same."""

    async def look() -> None:
        """In the loop of the page."""
        secret, _ = user(sending, Role.READER)
        app.state.streams.open = live.MOST
        viewer = Viewer(app, secret)
        await viewer()
        assert viewer.began["status"] == 503
        assert dict(viewer.began["headers"])[b"retry-after"] == b"30"

    asyncio.run(look())


def test_nobody_takes_every_stream(sending: Database, app: FastAPI) -> None:
    """One user has a share of the streams, also when all are asked for at once; others find room, and who leaves makes room."""

    async def look() -> None:
        """In the loop of the page."""
        secret, _ = user(sending, Role.READER)
        many = [Viewer(app, secret) for _ in range(live.EACH * 2)]
        tasks = [asyncio.create_task(viewer()) for viewer in many]
        other = Viewer(app, user(sending, Role.READER, name="désirée")[0])
        async with asyncio.timeout(60):
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            while sum(task.done() for task in tasks) < live.EACH:
                await asyncio.sleep(0.01)
        async with watching(other):
            await other.next()
            assert app.state.streams.open == live.EACH + 1
            for viewer in many:
                viewer.leaves.set()
            await asyncio.gather(*tasks)
        assert app.state.streams.of_user == {}

    asyncio.run(look())
