"""View online: a reader's own message as a web page (domain.md E.9). Whoever has the link sees it, so no machine is to index it."""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from html import escape

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from sqlalchemy.orm import Session

from mailings.channels.email.online import Online, online
from mailings.errors import NotFound, Unreadable
from mailings.reported import EventKind
from mailings.tokens import Kind
from web.door import AtDoor
from web.public.clicks import What, note
from web.whose import Whose, whose_is

router = APIRouter()
log = logging.getLogger("mailings.web")

#: what a message may do in a browser: show pictures and its own styles, lead elsewhere. No scripts, no forms, no frames
POLICY = (
    "default-src 'none'; img-src * data:; style-src * 'unsafe-inline'; font-src *; media-src *; form-action 'none'; base-uri 'none';"
    " frame-ancestors 'none'; sandbox allow-popups allow-popups-to-escape-sandbox allow-top-navigation-by-user-activation"
)
_TITLE, _HEAD = re.compile(r"<title[^>]*>(.*?)</title\s*>", re.IGNORECASE | re.DOTALL), re.compile(r"<head[^>]*>", re.IGNORECASE)
_END = re.compile(r"</body\s*>(?!.*</body\s*>)", re.IGNORECASE | re.DOTALL)


@router.api_route("/v/{token}", methods=["GET", "HEAD"], response_model=None)
def view(token: str, request: Request, door: AtDoor) -> Response:
    """The message as it is today: the same links, its data as they are now."""
    said = door.tokens.read(Kind.ONLINE, token)
    with door.database.reading() as session:
        whose = whose_is(session, request, said)
        answer = _page(_message(session, said.delivery, whose), whose)
    note(request, door, said, What(EventKind.ONLINE))
    return answer


def _message(session: Session, delivery: int | None, whose: Whose) -> Online:
    """What cannot be put together any more leads nowhere: what is wrong with a template is not for readers."""
    try:
        return online(session, whose.mailing, delivery, whose.door.compiled.of(session, whose.mailing, whose.door.settings))
    except Unreadable as error:
        log.warning("%s cannot be shown online: %s", whose.mailing.name, type(error).__name__)
        raise NotFound(f"{whose.mailing.name} cannot be shown online.") from error


def _page(message: Online, whose: Whose) -> Response:
    html = _titled(message.html, message.subject)
    if message.attachments:
        html = _ended(html, _listed(message.attachments, whose))
    return HTMLResponse(html, headers={"Content-Security-Policy": POLICY})


def _titled(html: str, subject: str) -> str:
    """A page needs a title; a message has a subject, and seldom both."""
    title = f"<title>{escape(subject)}</title>"
    for place, instead in ((_TITLE, lambda found: found[0] if found[1].strip() else title), (_HEAD, lambda found: found[0] + title)):
        if place.search(html):
            return place.sub(instead, html, count=1)
    return html


def _listed(attachments: Sequence[str], whose: Whose) -> str:
    names = "".join(f"<li>{escape(name)}</li>" for name in attachments)
    return f'<div lang="{whose.language}"><p>{escape(whose.door.pages.say("online_attachments", whose.language))}</p><ul>{names}</ul></div>'


def _ended(html: str, last: str) -> str:
    """The message with something at its end."""
    found = _END.search(html)
    return html[: found.start()] + last + html[found.start() :] if found else html + last
