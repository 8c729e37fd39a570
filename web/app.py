"""Puts the web door together: routes, guards, what runs beside the requests."""

from __future__ import annotations

from fastapi import FastAPI

from mailings.db import Database
from mailings.settings import Settings
from mailings.tokens import Tokens
from web.door import Door
from web.pages import Pages
from web.public import clicks, confirm, online, opens, preferences, unsubscribe, webhooks

ROUTERS = (clicks.router, opens.router, unsubscribe.router, preferences.router, online.router, confirm.router, webhooks.router)


def make_app(database: Database, settings: Settings) -> FastAPI:
    """The ASGI application of one installation."""
    app = FastAPI(title="mailings", docs_url=None, redoc_url=None)
    app.state.door = Door(database, settings, Tokens(settings.secret.get_secret_value()), Pages(settings))
    for router in ROUTERS:
        app.include_router(router)
    return app
