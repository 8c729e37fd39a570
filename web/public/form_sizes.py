"""How much may be posted to a form: little, and its files where it takes any; asked before the first byte is read."""

from __future__ import annotations

from anyio import to_thread
from fastapi import Request
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.types import Scope

from mailings.errors import MailingsError
from mailings.forms.answers import TOTAL_KB
from mailings.forms.fields import FieldPart
from mailings.forms.versions import latest
from mailings.model import Form
from web.bodies import KB
from web.door import door_of

TEXTS = 1024 * KB  # all that is written in a form: its longest text has 20,000 characters, each 12 bytes at most as browsers send them


async def most_of(scope: Scope) -> int:
    """Bytes a post to this form may have; 0 for what is none, or is not there."""
    if scope["method"] != "POST" or not scope["path"].startswith("/f/"):
        return 0
    return await to_thread.run_sync(_most, Request(scope))


def _most(request: Request) -> int:
    name = request.url.path.removeprefix("/f/")
    try:
        with door_of(request).database.reading() as session:
            form = session.scalar(select(Form).where(Form.name == name)) if "\0" not in name else None
            uploads = [one for one in _asked(session, form) if one.holds == "files"] if form is not None else []
    except MailingsError:
        return 0  # the page itself will say that the database is away
    files = sum(one.max_kb * (one.max_files if one.multiple else 1) for one in uploads)
    # a tenth more than is taken: what is a little too large is told beside its field, and keeps what was written
    return (TEXTS + min(files, TOTAL_KB) * 1100) if form is not None else 0


def _asked(session: Session, form: Form) -> list[FieldPart]:
    """Fields of the form as it is, and as it was before: whose page was opened before a push sends what that page asked for."""
    return [field for part in latest(session, form) for field in part.every]
