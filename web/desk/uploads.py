"""Who may send a file: asked before the first of its bytes is read, so that a stranger costs no memory."""

from __future__ import annotations

from anyio import to_thread
from fastapi import Request
from starlette.types import Scope

from mailings.errors import MailingsError
from mailings.model import Role
from mailings.staff.rights import holds
from web.desk.at import known_of
from web.posted import UPLOADS


async def may_send_files(scope: Scope) -> bool:
    """True for a post to a page that takes files, from somebody signed in who may send mailings."""
    if scope["method"] != "POST" or not scope["path"].startswith(UPLOADS):
        return False
    return await to_thread.run_sync(_may, Request(scope))


def _may(request: Request) -> bool:
    try:
        user = known_of(request)
    except MailingsError:
        return False  # the page itself will say that the database is away
    return user is not None and holds(user.roles, Role.SENDER)
