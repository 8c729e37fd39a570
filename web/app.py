"""Puts the web door together: routes, answers to errors, the guard, and what runs beside the requests."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache

from fastapi import APIRouter, FastAPI
from starlette.routing import BaseRoute

from mailings.db import Database
from mailings.settings import Settings
from mailings.tokens import Tokens
from web.bodies import Bodies
from web.clients import Clients
from web.desk import answers as desk_answers
from web.desk.gate import Gate
from web.desk.live import Streams
from web.desk.rendering import DeskPages
from web.desk.routes import ROUTERS as DESK
from web.desk.threshold import Threshold
from web.desk.uploads import may_send_files
from web.door import Door
from web.guard import Guard
from web.headers import Headers
from web.pages import Pages
from web.public import clicks, confirm, forms, online, opens, plain, preferences, submissions, unsubscribe, webhooks
from web.public.form_sizes import most_of
from web.rates import Rates

ROUTERS = (
    clicks.router,
    opens.router,
    unsubscribe.router,
    preferences.router,
    online.router,
    confirm.router,
    forms.router,
    submissions.router,
    webhooks.router,
    plain.router,
)


def make_app(database: Database, settings: Settings, *, rates: Rates | None = None, bodies: Bodies | None = None) -> FastAPI:
    """The ASGI application of one installation. Raises Unreadable for MAILINGS_TRUSTED_PROXIES that are no addresses."""
    # its own description is for tests: openapi(); a slash too many leads nowhere, for the way back would name whatever host was asked for
    app = FastAPI(title="mailings", openapi_url=None, redirect_slashes=False, lifespan=_open)
    app.state.door = Door(database, settings, Tokens(settings.secret.get_secret_value()), Pages(settings))
    app.state.desk, app.state.streams = DeskPages(settings), Streams()
    app.state.gate = Gate(settings)
    desk_answers.answer_errors(app)
    app.add_middleware(Threshold, public_url=settings.public_url)
    app.add_middleware(
        Guard,
        clients=Clients(settings.trusted_proxies),
        headers=Headers(settings.public_url),
        rates=rates or Rates(),
        bodies=bodies or Bodies(),
        uploads=may_send_files,
        forms=most_of,
    )
    app.router.routes.extend(_routes())
    return app


@cache
def _routes() -> list[BaseRoute]:
    # once for a process: FastAPI reads the signature of every function anew for each application that includes its router, 70 ms
    every = APIRouter()
    for router in ROUTERS:
        every.include_router(router)
    for router in DESK:
        every.include_router(router, prefix="/desk")
    return every.routes


@asynccontextmanager
async def _open(app: FastAPI) -> AsyncIterator[None]:
    door: Door = app.state.door
    await asyncio.to_thread(door.start)
    try:
        yield
    finally:
        await asyncio.to_thread(door.stop)  # writes down the last clicks: also when the loop is being ended by force
