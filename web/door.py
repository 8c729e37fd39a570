"""What every page of the web door shares: the database, the settings, the tokens, the pages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, cast

from fastapi import Depends, Request

from mailings.db import Database
from mailings.settings import Settings
from mailings.tokens import Tokens
from web.pages import Pages


@dataclass(frozen=True)
class Door:
    """One installation's door, kept on the app as `app.state.door`."""

    database: Database
    settings: Settings
    tokens: Tokens
    pages: Pages


def door_of(request: Request) -> Door:
    """The door a request came in by."""
    return cast(Door, request.app.state.door)


AtDoor = Annotated[Door, Depends(door_of)]
