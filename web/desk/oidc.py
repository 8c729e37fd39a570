"""Signing on at the installation's own provider: there, and back again."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response

from mailings import clock
from mailings.errors import NotFound, Unreachable, Untrusted
from mailings.staff import signing_in
from mailings.staff.sign_on import signed_on
from web.desk.cookies import GOING, SECONDS, cookie_of, give, holds, sealed
from web.desk.gate import Gate, TooBusy, gate_of, roles_of
from web.desk.going import Going
from web.desk.signing import asked, entered, within
from web.door import Door, door_of

if TYPE_CHECKING:
    from web.desk.provider import Provider

router = APIRouter()

Text = Annotated[str, Query(max_length=4000)]


@router.get("/sign-in/oidc", response_model=None)
async def go(request: Request, to: Text = "") -> Response:
    """Off to the provider. What must come back is in a cookie, sealed: nobody can be made to finish another's signing on."""
    gate, door = gate_of(request), door_of(request)
    provider = _provider(gate)
    going = Going(*(secrets.token_urlsafe(32) for _ in range(3)))
    if gate.wait(request):
        return asked(request, to, "sign_in_slowly", 429)
    try:
        address = await gate.abroad(lambda: provider.address(going))
    except (Unreachable, TooBusy):
        return asked(request, to, "sign_in_away", 503)
    answer = RedirectResponse(address, 303)
    told = "\n".join((going.state, going.nonce, going.verifier, str(int(clock.timestamp()) + SECONDS[GOING]), within(to))).encode().hex()
    give(answer, door.settings, GOING, f"{told}.{sealed(door.settings, 'going', told)}")
    return answer


@router.get("/sign-in/oidc/back", response_model=None)
async def back(request: Request, code: Text = "", state: Text = "", iss: Text = "") -> Response:
    """Back from the provider, with a code that is good once. Whatever does not hold is answered alike."""
    gate, door = gate_of(request), door_of(request)
    provider, gone = _provider(gate), _gone(request, door)
    if gone is None or not code or not secrets.compare_digest(gone[0].state.encode(), state.encode()):
        return _refused(request, "sign_in_not_finished")
    going, to = gone
    if iss and iss.rstrip("/") != provider.issuer:  # RFC 9207: the answer of another provider
        return _refused(request, "sign_in_not_finished")
    try:
        secret = await gate.abroad(lambda: _secret(door, provider, code, going))
    except Untrusted:
        return _refused(request, "sign_in_not_finished")
    except (Unreachable, TooBusy):
        return asked(request, to, "sign_in_away", 503)
    if not secret:
        return _refused(request, "sign_in_unknown")
    answer = entered(request, secret, to)
    give(answer, door.settings, GOING, "")
    return answer


def _provider(gate: Gate) -> Provider:
    if gate.provider is None:
        raise NotFound("This desk has no sign-on of its own.")
    return gate.provider


def _gone(request: Request, door: Door) -> tuple[Going, str] | None:
    told, _, seal = request.cookies.get(cookie_of(door.settings, GOING), "").partition(".")
    if not told or not holds(door.settings, "going", told, seal):
        return None
    state, nonce, verifier, until, to = bytes.fromhex(told).decode().split("\n")
    return (Going(state, nonce, verifier), to) if int(until) >= clock.timestamp() else None


def _refused(request: Request, why: str) -> Response:
    answer = asked(request, "", why, 403)
    give(answer, door_of(request).settings, GOING, "")
    return answer


def _secret(door: Door, provider: Provider, code: str, going: Going) -> str:
    claims = provider.claims(code, going)
    with door.database.writing() as session:
        user = signed_on(session, claims, roles_of(door.settings))
        return signing_in.begin(session, user, door.settings.desk_idle) if user else ""
