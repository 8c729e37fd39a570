"""Clicks: leads a reader to where the mailing's link, or the signed address, says; and keeps that somebody came (domain.md E.2)."""

from __future__ import annotations

import asyncio
from typing import NamedTuple

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from mailings import clock
from mailings.content.links import is_web
from mailings.errors import Untrusted
from mailings.reported import EventKind
from mailings.tokens import Kind, Token
from mailings.tracking.reading import TRAP
from mailings.tracking.responses import Clicked, Redirect, leads_on, response_of
from mailings.tracking.visits import Visit, network_of
from web.door import AtDoor, Door
from web.pages import language_of
from web.targets import Link, Target, Wanted

router = APIRouter()

NOWHERE = "This link does not lead anywhere."
HIGHEST = 9  # digits of a link's number


class What(NamedTuple):
    """What somebody did: the link is a number, or the address itself where it has none."""

    kind: EventKind
    mailing_id: int | None = None
    link: int | None = None
    url: str | None = None


@router.api_route("/c/{token}/{number}", methods=["GET", "HEAD"], response_class=RedirectResponse, response_model=None)
async def click(token: str, number: str, request: Request, door: AtDoor) -> Response:
    """A click on a numbered link of a mailing: on to its address, or whatever else the link answers."""
    said = door.tokens.read(Kind.CLICK, token)
    if not (number.isascii() and number.isdigit() and len(number) <= HIGHEST):
        raise Untrusted(NOWHERE)
    target = await door.targets.find(Wanted(said.delivery, said.preview_of))
    link = target.links.get(int(number)) if target else None
    if target is None or (link is None and int(number) != TRAP):
        raise Untrusted(NOWHERE)
    note(request, door, said, What(EventKind.CLICKED, target.mailing_id, int(number)))
    if link is None:  # the trap is no miss: whoever looks behind many people's links comes again and again
        return door.pages.show("quiet", language_of(request, door.settings))
    return await _answer(request, door, said, _Followed(target, int(number), link))


@router.api_route("/d/{token}", methods=["GET", "HEAD"], response_class=RedirectResponse, response_model=None)
async def dynamic_click(token: str, request: Request, door: AtDoor, u: str = "") -> Response:
    """A click on a link that only this recipient has: on to the address that is signed with it, and to no other."""
    said = door.tokens.read(Kind.DYNAMIC, token, u)
    if not is_web(u):
        raise Untrusted(NOWHERE)
    note(request, door, said, What(EventKind.CLICKED, url=u))
    return led_to(u)


def note(request: Request, door: Door, said: Token, what: What) -> None:
    """Keep a visit; of a preview nothing is kept (D22)."""
    if said.delivery is None:
        return
    client = request.scope.get("client")
    network = network_of(client[0]) if client else None
    method, agent = None if request.method == "GET" else request.method, request.headers.get("user-agent", "")
    visit = Visit(what.kind, clock.now(), what.mailing_id, said.delivery, what.link, what.url, method, agent, network)
    door.visits.put(visit)


def led_to(url: str) -> Response:
    """On to `url`; the next click comes here again, and the page there does not learn from where."""
    return RedirectResponse(url, 302, {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"})


class _Followed(NamedTuple):
    """A link that was followed, and whose."""

    target: Target
    number: int
    link: Link


async def _answer(request: Request, door: Door, said: Token, followed: _Followed) -> Response:
    link = followed.link
    if leads_on(link.actions):
        return led_to(link.url)
    clicked = Clicked(link.url, link.actions, said.delivery, link.name, followed.number, followed.target.mailing)
    answer = await asyncio.to_thread(response_of, door.database, clicked, door.settings)
    if isinstance(answer, Redirect):
        return led_to(answer.url)
    return door.pages.show("said", language_of(request, door.settings), title=answer.title, html=answer.html)
